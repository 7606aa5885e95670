"""The documents for agents, by the Model Context Protocol. Everything here reads; nothing writes a document."""
