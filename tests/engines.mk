# The tests against engines that moto and the development server stand for: docs/services.md. Included by the Makefile; none of
# it is part of `make check`. Where an engine isn't there, what needs it is skipped, with the reason.

.PHONY: real-engines test-real test-fakecloud test-qdrant test-llm

QUEUE_TESTS := tests/integration/work_queue/test_queue.py tests/integration/work_queue/test_receipts.py
STORE_TESTS := tests/real/test_qdrant_server.py tests/integration/vector_stores tests/integration/worker/test_end_to_end.py \
	tests/integration/worker/test_restore_drill.py tests/integration/worker/test_upgrade.py \
	tests/integration/development_stack/test_qdrant_conformance_points.py \
	tests/integration/development_stack/test_qdrant_conformance_search.py
# What CloudFormation has made serves these.
AWS_TESTS := tests/real/test_deployment.py tests/real/test_deployed_rights.py tests/integration/work_queue/test_queue.py \
	tests/integration/work_queue/test_receipts.py tests/integration/ledger tests/integration/data_ingestion/test_artifacts.py \
	tests/integration/worker/test_end_to_end.py tests/integration/worker/test_erasure.py \
	tests/integration/worker/test_restore_drill.py tests/integration/worker/test_worker_program.py \
	tests/integration/web/test_documents.py tests/reliability/test_kill_matrix.py tests/reliability/test_consumer.py
MODEL_TESTS := tests/real/test_model_server.py

real-engines: setup ## fetch ElasticMQ for test-real, once, outside of this folder (Java and Maven)
	$(BIN)/python scripts/real_engines.py elasticmq

test-real: setup ## queue, receipts and leases on ElasticMQ (make real-engines)
	TEST_AWS=elasticmq $(BIN)/pytest -n 0 -rs $(QUEUE_TESTS)

# Needs scripts/real_engines.py fakecloud, and is skipped without it. Not seen to run yet: docs/services.md.
test-fakecloud: setup ## the template, deployed on fakecloud, and all that works on what it made
	TEST_AWS=fakecloud $(BIN)/pytest -n 0 -rs $(AWS_TESTS)

test-qdrant: setup ## stores, search, migration, restore drill, Haystack and kills on a Qdrant server: QDRANT_URL=http://...
	@test -n "$(QDRANT_URL)" || { echo "name a Qdrant server for tests: QDRANT_URL=http://..." >&2; exit 2; }
	QDRANT_URL=$(QDRANT_URL) $(BIN)/pytest -n 0 -rs $(STORE_TESTS)
	QDRANT_URL=$(QDRANT_URL) $(BIN)/pytest -n 0 -rs tests/reliability/test_kill_matrix.py
	QDRANT_URL=$(QDRANT_URL) $(MAKE) --no-print-directory test-haystack

test-llm: setup ## descriptions, answers and vectors by a real server: LLM_URL=http://.../v1 EMBEDDING_URL=http://.../v1
	@test -n "$(LLM_URL)$(EMBEDDING_URL)" || { echo "name a server: LLM_URL=http://.../v1 or EMBEDDING_URL=..." >&2; exit 2; }
	LLM_URL=$(LLM_URL) EMBEDDING_URL=$(EMBEDDING_URL) $(BIN)/pytest -n 0 -rs $(MODEL_TESTS)
