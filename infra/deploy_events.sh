#!/usr/bin/env bash
# Turn events on for a stack that has workers: infra/deploy_events.sh STACK [Target=sns]
#
# Bus or topic, the workers' right to it, and the task that sends what workers left are a stack of their own,
# STACK-events. Where bucket, queues and table are is read from the workers' stack, which then gets the target's ARN.
set -euo pipefail
cd "$(dirname "$0")/.."

stack=$1
shift
template=infra/events.yaml
described=$(aws cloudformation describe-stacks --stack-name "$stack" --output text --query \
    "Stacks[].[Outputs[].[OutputKey, OutputValue], Parameters[].[ParameterKey, ParameterValue]][][]")
shared=("WorkersStack=$stack")
seen=" WorkersStack= "
while IFS=$'\t' read -r name value; do
    # An output comes before the parameter of its name, which is empty when the stack made the target itself.
    case " $* $seen" in *" $name="*) continue ;; esac
    if [ -n "$value" ] && grep -q "^  $name:" $template; then
        shared+=("$name=$value")
        seen+="$name= "
    fi
done <<<"$described"
for name in ServiceName TaskRoleName; do
    if ! grep -q "^$name"$'\t' <<<"$described"; then
        echo "error: the stack $stack has no $name: make deploy first" >&2
        exit 2
    fi
done
aws cloudformation deploy --stack-name "$stack-events" --template-file $template --capabilities CAPABILITY_IAM \
    --no-fail-on-empty-changeset --parameter-overrides "${shared[@]}" "$@"
target=$(aws cloudformation describe-stacks --stack-name "$stack-events" --output text \
    --query "Stacks[].Outputs[] | [?OutputKey=='TargetArn'].OutputValue")

# Everything else of the workers' stack stays as it is, its template included.
if grep -q "^EventsTargetArn"$'\t'"$target$" <<<"$described"; then
    echo "the workers of $stack send to $target already"
    exit
fi
parameters=("ParameterKey=EventsTargetArn,ParameterValue=$target")
for name in $(aws cloudformation describe-stacks --stack-name "$stack" --output text \
    --query "Stacks[].Parameters[].ParameterKey"); do
    if [ "$name" != EventsTargetArn ]; then parameters+=("ParameterKey=$name,UsePreviousValue=true"); fi
done
aws cloudformation update-stack --stack-name "$stack" --use-previous-template --capabilities CAPABILITY_IAM \
    --parameters "${parameters[@]}" >/dev/null
aws cloudformation wait stack-update-complete --stack-name "$stack"
echo "the workers of $stack send to $target"
echo "commands that delete documents need it, too: EVENTS_TARGET_ARN=$target"
