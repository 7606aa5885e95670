# Deploying to AWS: docs/deploy.md. Included by the Makefile. Needs the AWS CLI and credentials.

STACK ?= pdf-ingestion
# What differs from the template's defaults, for example PARAMETERS="QdrantUrl=https://… AlarmEmail=…"; kept from then on.
PARAMETERS ?=

.PHONY: deploy deploy-panel deploy-events destroy

deploy: setup ## build, push and deploy: STACK=name PARAMETERS="QdrantUrl=https://..."
	@PYTHON=$(BIN)/python infra/deploy.sh $(STACK) $(PARAMETERS)

deploy-panel: ## the panel behind a load balancer: STACK=name PARAMETERS="CertificateArn=... PublicUrl=https://... AllowedCidr=..."
	@infra/deploy_panel.sh $(STACK) $(PARAMETERS)

deploy-events: ## tell other programs of documents: STACK=name PARAMETERS="Target=eventbridge|sns"
	@infra/deploy_events.sh $(STACK) $(PARAMETERS)

destroy: ## delete the stack STACK (CONFIRM=name); documents, ledger and images are kept
	@infra/destroy.sh $(STACK) "$(CONFIRM)"
