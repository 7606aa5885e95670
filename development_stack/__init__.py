"""AWS and Qdrant on one machine, for the demo, `make up` and the tests. The product never imports it."""
