#!/usr/bin/env bash
# Build, push, deploy: infra/deploy.sh STACK [Parameter=value …]
#
# The order matters: the repository is part of the stack, the image goes into the repository, the workers need the image
# and their keys. Workers that find no key end at once, and CloudFormation would roll the whole deployment back.
# The tag is the commit, and tags never move: what runs can always be found and brought back.
set -euo pipefail
cd "$(dirname "$0")/.."

stack=$1
shift
# The bucket is named STACK-documents-ACCOUNT unless BucketName is given; S3 takes lower case and 63 characters.
if [[ ! $stack =~ ^[a-z][a-z0-9-]{0,39}$ && " $*" != *" BucketName="?* ]]; then
    echo "error: $stack can't begin a bucket's name: use at most 40 lower-case letters, digits and hyphens," \
        "or give BucketName=…" >&2
    exit 2
fi
if ! git diff --quiet HEAD; then
    echo "error: commit first; the image is tagged with the commit that it was built from" >&2
    exit 2
fi
tag=$(git rev-parse --short=12 HEAD)
python=${PYTHON:-python3}
template=.local/template.json
mkdir -p .local
"$python" -m infra.template >$template

deploy_stack() {
    aws cloudformation deploy --stack-name "$stack" --template-file "$template" \
        --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset ${1:+--parameter-overrides "$@"}
}
output() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[].Outputs[] | [?OutputKey=='$1'].OutputValue"
}

has_openai_key() {
    [[ $(aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text) =~ \
        \"OPENAI_API_KEY\"[[:space:]]*:[[:space:]]*\"[^\"] ]]
}

if [ -z "$(output ServiceName 2>/dev/null)" ]; then # no workers yet, and perhaps no stack
    deploy_stack "$@"
    secret=$(output SecretArn)
    if [ -n "$(output NeedsOpenAiKey)" ] && ! has_openai_key "$secret"; then
        echo "everything but the workers is there; they need OPENAI_API_KEY in $secret" >&2
        echo "fill it in, then make deploy again: docs/deploy.md#secrets" >&2
        exit 2
    fi
fi
repository=$(output RepositoryUri)
if [ -z "$repository" ]; then
    echo "error: the stack $stack has no repository; its events say why: aws cloudformation describe-stack-events" >&2
    exit 1
fi

engine=$("$python" scripts/container_engine.py)
# The image is built for this machine's kind of processor.
case $(uname -m) in
    aarch64 | arm64) architecture=ARM64 ;;
    *) architecture=X86_64 ;;
esac
if aws ecr describe-images --repository-name "${repository#*/}" --image-ids imageTag="$tag" >/dev/null 2>&1; then
    echo "$repository:$tag is there already"
else
    "$python" scripts/build_image.py --image "$repository:$tag"
    aws ecr get-login-password | "$engine" login --username AWS --password-stdin "${repository%%/*}"
    "$engine" push "$repository:$tag"
fi

deploy_stack "$@" "ImageTag=$tag" "Architecture=$architecture"
echo "drop PDFs into s3://$(output BucketName)/source-pdfs/"
echo "keys are in $(output SecretArn); to change them: docs/deploy.md#rotating-a-key"
