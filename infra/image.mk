# The worker image. Included by the Makefile.

IMAGE ?= localhost/leafmill-worker:dev

.PHONY: image image-test

image: setup ## build the worker image (docker, podman or buildah), list its layers, write its SBOM
	@$(BIN)/python scripts/build_image.py --image $(IMAGE)

image-test: image ## run the image as Fargate would, against the local stack
	$(BIN)/pytest tests/image --image $(IMAGE) -v --durations 0
