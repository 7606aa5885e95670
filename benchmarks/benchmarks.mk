# What is measured, and beside whom. Included by the Makefile.

.PHONY: bench bench-structure bench-pipeline bench-growth bench-reading bench-queue bench-ledger bench-peers bench-questions
.PHONY: bench-search-time bench-reading-cases check-instructions

bench: bench-pipeline bench-growth bench-reading bench-ledger bench-queue bench-peers ## the benchmarks but those that peers or questions need; tables and plots go to benchmarks/results

bench-reading: setup ## CPU a page; headings, tables and retrieval against their truth
	$(BIN)/python -m benchmarks.reading
	$(BIN)/python -m benchmarks.reading_releases
	$(BIN)/python -m benchmarks.structure
	$(BIN)/python -m benchmarks.tables
	$(BIN)/python -m benchmarks.retrieval

check-instructions: setup ## fail when reading a page takes 10 % more instructions than kept (needs valgrind)
	$(BIN)/python -m benchmarks.instructions --check

bench-pipeline: setup ## speed: one long document, many documents, many workers; what a million cost
	$(BIN)/python -m benchmarks.one_document
	$(BIN)/python -m benchmarks.many_documents
	$(BIN)/python -m benchmarks.many_workers
	$(BIN)/python -m benchmarks.costs
	$(BIN)/python -m benchmarks.capacity
	$(BIN)/python -m benchmarks.plots one_document many_documents many_workers
	$(BIN)/python -m benchmarks.quote

bench-growth: setup ## what grows with pages, with documents that came before, with keys to queue
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.plots growth
	$(BIN)/python -m benchmarks.quote

bench-queue: setup .local/peers/dramatiq/.locked ## overhead, redelivery after SIGKILL, stop time, start-up, beside dramatiq_sqs
	$(BIN)/python -m benchmarks.message_queue --peer-python .local/peers/dramatiq/bin/python

# Environments of their own: the versions of peers are not ours. Copies, because NLTK refuses files with two links.
.local/peers/%/.locked: requirements/peers-%.txt | $(STAMP)
	@test -x $(@D)/bin/python || $(BIN)/python -m venv --without-pip $(@D)
	$(BIN)/uv pip sync --quiet --compile-bytecode --link-mode copy --require-hashes --python $(@D)/bin/python $<
	@touch $@

# The last takes 6 GB, and can be left out: make bench PEERS="langchain llamaindex haystack".
PEERS ?= langchain llamaindex haystack

bench-peers: setup $(PEERS:%=.local/peers/%/.locked) ## this project beside LangChain, LlamaIndex and Haystack
	$(BIN)/python -m benchmarks.peers
	$(BIN)/python -m benchmarks.quote

bench-questions: setup .local/peers/minilm/.locked $(PEERS:%=.local/peers/%/.locked) ## people's questions, beside their hybrid searches
	$(BIN)/python -m benchmarks.questions

HEADING_PEERS ?= pymupdf4llm opendataloader

bench-structure: setup $(HEADING_PEERS:%=.local/peers/%/.locked) ## headings of both sets beside PyMuPDF4LLM and opendataloader (Java 11)
	$(BIN)/python -m benchmarks.structure --peers .local/peers

# One that can't be fetched here is left out, and printed as such.
READING_PEERS := pymupdf4llm opendataloader pdf_oxide

bench-reading-cases: setup ## which of the reading cases this project, PyMuPDF4LLM, opendataloader and pdf_oxide get right
	-@$(MAKE) --no-print-directory --keep-going $(READING_PEERS:%=.local/peers/%/.locked)
	$(BIN)/python -m benchmarks.reading_cases

bench-ledger: setup ## what many documents cost those who decide about one, and who writes the history
	$(BIN)/python -m benchmarks.ledger

bench-search-time: setup ## what encoding a chunk costs, and a query among 4,000, 40,000 and 400,000 of them
	$(BIN)/python -m benchmarks.search_time
