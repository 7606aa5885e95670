# The tests against engines that moto and the development server stand for: docs/services.md. Included by the Makefile; none of
# it is part of `make check`. Where an engine isn't there, what needs it is skipped, with the reason.

.PHONY: real-engines test-real test-fakecloud test-qdrant test-llm

QUEUE_TESTS := tests/integration/work_queue/test_queue.py tests/integration/work_queue/test_receipts.py
STORE_TESTS := tests/real/test_qdrant_server.py tests/integration/vector_stores tests/integration/worker/test_end_to_end.py \
	tests/integration/worker/test_restore_drill.py tests/integration/worker/test_upgrade.py \
	tests/integration/web/api/test_prefix.py tests/integration/mcp_server/test_keys.py \
	tests/integration/development_stack/test_qdrant_conformance_points.py \
	tests/integration/development_stack/test_qdrant_conformance_search.py
# What CloudFormation has made serves these.
AWS_TESTS := tests/real/test_deployment.py tests/real/test_deployed_rights.py tests/real/test_deploy_scripts_run.py \
	tests/integration/work_queue/test_queue.py tests/integration/work_queue/test_receipts.py tests/integration/ledger tests/integration/data_ingestion/test_artifacts.py \
	tests/integration/worker/test_end_to_end.py tests/integration/worker/test_erasure.py \
	tests/integration/worker/test_restore_drill.py tests/integration/worker/test_worker_program.py \
	tests/integration/web/test_documents.py tests/reliability/test_kill_matrix.py tests/reliability/test_consumer.py
MODEL_TESTS := tests/real/test_model_server.py

# fakecloud takes an hour on two cores; without it its part of test-real is skipped.
real-engines: setup ## make what test-real needs, once, outside of this folder: ElasticMQ (Java, Maven), fakecloud (Rust)
	$(BIN)/python scripts/real_engines.py elasticmq fakecloud

test-real: setup test-fakecloud ## queues on ElasticMQ; the template, deployed, and all that works on it on fakecloud
	TEST_AWS=elasticmq $(BIN)/pytest -n 0 -rs $(QUEUE_TESTS)

test-fakecloud: setup ## the template and the scripts, deployed on fakecloud, and all that works on what CloudFormation made
	TEST_AWS=fakecloud $(BIN)/pytest -n 0 -rs $(AWS_TESTS)

test-qdrant: setup ## stores, search, migration, restore drill, Haystack and kills on a Qdrant server: QDRANT_URL=http://...
	@test -n "$(QDRANT_URL)" || { echo "name a Qdrant server for tests: QDRANT_URL=http://..." >&2; exit 2; }
	QDRANT_URL=$(QDRANT_URL) $(BIN)/pytest -n 0 -rs $(STORE_TESTS)
	QDRANT_URL=$(QDRANT_URL) $(BIN)/pytest -n 0 -rs tests/reliability/test_kill_matrix.py
	QDRANT_URL=$(QDRANT_URL) $(MAKE) --no-print-directory test-haystack

test-llm: setup ## descriptions, answers and vectors by a real server: LLM_URL=http://.../v1 EMBEDDING_URL=http://.../v1
	@test -n "$(LLM_URL)$(EMBEDDING_URL)" || { echo "name a server: LLM_URL=http://.../v1 or EMBEDDING_URL=..." >&2; exit 2; }
	LLM_URL=$(LLM_URL) EMBEDDING_URL=$(EMBEDDING_URL) $(BIN)/pytest -n 0 -rs $(MODEL_TESTS)
