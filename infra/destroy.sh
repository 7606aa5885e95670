#!/usr/bin/env bash
# Delete a stack: infra/destroy.sh STACK CONFIRM, where CONFIRM repeats the name.
set -euo pipefail

stack=$1
if [ "${2:-}" != "$stack" ]; then
    echo "error: this deletes the stack $stack; to mean it: make destroy STACK=$stack CONFIRM=$stack" >&2
    exit 2
fi
output() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[].Outputs[] | [?OutputKey=='$1'].OutputValue"
}
bucket=$(output BucketName)
table=$(output TableName)
repository=$(output RepositoryUri)
# The panel's load balancer is in our subnets, the policy of events on a role of ours: neither can be deleted before them.
for part in panel events; do
    if aws cloudformation describe-stacks --stack-name "$stack-$part" >/dev/null 2>&1; then
        aws cloudformation delete-stack --stack-name "$stack-$part"
        aws cloudformation wait stack-delete-complete --stack-name "$stack-$part"
    fi
done
aws cloudformation delete-stack --stack-name "$stack"
aws cloudformation wait stack-delete-complete --stack-name "$stack"
echo "the stack is gone; kept, because they hold data:"
echo "  s3://$bucket   DynamoDB table $table   $repository"
