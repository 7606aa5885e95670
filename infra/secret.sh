# What make deploy and make deploy-panel look for in the secret before they start tasks. Sourced.

secret_text() {
    aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text
}
# refuse_missing_names SECRET NAME…: ECS starts no task whose secret lacks a name that the task wants.
refuse_missing_names() {
    local secret=$1 text name
    shift
    if ! text=$(secret_text "$secret" 2>/dev/null); then
        echo "warning: $secret can't be read here; it must have $*" >&2
        return
    fi
    for name in "$@"; do
        if [[ ! $text =~ \"$name\"[[:space:]]*: ]]; then
            echo "error: the secret $secret lacks $name; put it there, empty if there is no key: docs/deploy.md#secrets" >&2
            exit 2
        fi
    done
}
