#!/usr/bin/env bash
# Deploy the panel of a stack that has workers: infra/deploy_panel.sh STACK Parameter=value …
#
# It is a stack of its own, STACK-panel. Where bucket, queues and table are, and what its settings share with the workers', is read from
# theirs; the panel's own parameters (CertificateArn, PublicUrl, AllowedCidr) are given here, and kept from then on.
set -euo pipefail
cd "$(dirname "$0")/.."
. infra/secret.sh

stack=$1
shift
template=infra/panel.yaml
shared=()
names=(OPENAI_API_KEY QDRANT_API_KEY)
described=$(aws cloudformation describe-stacks --stack-name "$stack" --output text --query \
    "Stacks[].[Outputs[].[OutputKey, OutputValue], Parameters[].[ParameterKey, ParameterValue]][][]")
while IFS=$'\t' read -r name value; do
    case " $* " in *" $name="*) continue ;; esac # given by hand
    if [ -n "$value" ] && grep -q "^  $name:" $template; then shared+=("$name=$value"); fi
done <<<"$described"
case " ${shared[*]} $* " in
    *" Image="*) ;;
    *) echo "error: the stack $stack has no workers yet: make deploy first" >&2 && exit 2 ;;
esac
case " ${shared[*]} $* " in
    *" PublicSubnetIds="*) ;;
    *) echo "error: name the load balancer's subnets, two zones at least: PublicSubnetIds=subnet-…,subnet-…" >&2 && exit 2 ;;
esac
secret=
for given in "${shared[@]}" "$@"; do
    case $given in
        LlmBaseUrl=?*) names+=(LLM_API_KEY) ;;
        EmbeddingBaseUrl=?*) names+=(EMBEDDING_API_KEY) ;;
        RerankUrl=?*) names+=(RERANK_API_KEY) ;;
        SecretArn=?*) secret=${given#SecretArn=} ;;
    esac
done
if [ -n "$secret" ]; then refuse_missing_names "$secret" "${names[@]}"; fi
aws cloudformation deploy --stack-name "$stack-panel" --template-file $template --capabilities CAPABILITY_IAM \
    --no-fail-on-empty-changeset --parameter-overrides "${shared[@]}" "$@"
aws cloudformation describe-stacks --stack-name "$stack-panel" --output text --query "Stacks[].Outputs[].[OutputKey, OutputValue]"
