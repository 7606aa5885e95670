#!/usr/bin/env bash
# Build, push, deploy: infra/deploy.sh STACK [Parameter=value …]
#
# The order matters: the repository is part of the stack, the image goes into the repository, the workers need the image
# and their keys. Workers that find no key end at once, and CloudFormation would roll the whole deployment back.
# The tag is the commit, and tags never move: what runs can always be found and brought back.
set -euo pipefail
cd "$(dirname "$0")/.."
. infra/secret.sh

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
templates=.local/deploy

# deploy_stack TEMPLATE [Parameter=value …]
deploy_stack() {
    local template=$1
    shift
    aws cloudformation deploy --stack-name "$stack" --template-file "$template" \
        --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset ${1:+--parameter-overrides "$@"}
}
output() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[].Outputs[] | [?OutputKey=='$1'].OutputValue"
}
parameter() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[].Parameters[] | [?ParameterKey=='$1'].ParameterValue"
}
indexes() {
    aws dynamodb describe-table --table-name "$1" --output json \
        --query "Table.GlobalSecondaryIndexes[].{IndexName: IndexName, KeySchema: KeySchema, Projection: Projection}"
}

# A first deployment that failed leaves a stack that can only be deleted; it holds nothing.
if [ "$(aws cloudformation describe-stacks --stack-name "$stack" --output text --query "Stacks[].StackStatus" \
    2>/dev/null)" = ROLLBACK_COMPLETE ]; then
    echo "removing what a first deployment left that failed"
    aws cloudformation delete-stack --stack-name "$stack"
    aws cloudformation wait stack-delete-complete --stack-name "$stack"
fi
# A new account lacks the roles by which ECS and its scaling act, and CloudFormation fails at the cluster. Refused when
# they are there already.
for service in ecs.amazonaws.com ecs.application-autoscaling.amazonaws.com; do
    aws iam create-service-linked-role --aws-service-name $service >/dev/null 2>&1 || true
done
table=$(output TableName 2>/dev/null || true)
if [ -n "$table" ]; then indexes "$table"; fi | "$python" -m infra.template_steps $templates

# What the parameters given now want of the secret; the output SecretNames knows those of earlier deployments only.
names=(OPENAI_API_KEY QDRANT_API_KEY)
secret=
for given in "$@"; do
    case $given in
        LlmBaseUrl=?*) names+=(LLM_API_KEY) ;;
        EmbeddingBaseUrl=?*) names+=(EMBEDDING_API_KEY) ;;
        SecretArn=?*) secret=${given#SecretArn=} ;;
    esac
done

# New indexes of a table with data come one at a time, while the old workers go on; old ones go at the end.
for template in $templates/before-*.yaml; do
    if [ -e "$template" ]; then deploy_stack "$template"; fi
done
if [ -z "$(output ServiceName 2>/dev/null)" ]; then # no workers yet, and perhaps no stack
    deploy_stack $templates/template.yaml "$@"
    secret=$(output SecretArn)
    if [ -n "$(output NeedsOpenAiKey)" ] && [[ ! $(secret_text "$secret") =~ \
        \"OPENAI_API_KEY\"[[:space:]]*:[[:space:]]*\"[^\"] ]]; then
        echo "everything but the workers is there; they need OPENAI_API_KEY in $secret" >&2
        echo "fill it in, then make deploy again: docs/deploy.md#secrets" >&2
        exit 2
    fi
fi
IFS=, read -ra known <<<"$(output SecretNames)"
refuse_missing_names "${secret:-$(output SecretArn)}" "${names[@]}" "${known[@]}"
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

deploy_stack $templates/template.yaml "$@" "ImageTag=$tag" "Architecture=$architecture"
for template in $templates/after-*.yaml; do
    if [ -e "$template" ]; then deploy_stack "$template"; fi
done

# New accounts may run 6 vCPUs on Fargate, others thousands; tasks beyond that don't start, and nothing else says why.
quota=$(aws service-quotas get-service-quota --service-code fargate --quota-code L-3032A538 --output text \
    --query Quota.Value 2>/dev/null || true)
tasks=$(parameter MaxTasks)
cpu=$(parameter Cpu)
if [ -n "$quota" ] && [ -n "$tasks" ] && [ $((tasks * cpu / 1024)) -gt "${quota%.*}" ]; then
    echo "warning: $tasks tasks (MaxTasks) want $((tasks * cpu / 1024)) vCPUs, this account may run ${quota%.*} on Fargate: lower MaxTasks, or ask" \
        "for more at Service Quotas (Fargate On-Demand vCPU resource count)" >&2
fi
echo "drop PDFs into s3://$(output BucketName)/source-pdfs/"
echo "keys are in $(output SecretArn); to change them: docs/deploy.md#rotating-a-key"
