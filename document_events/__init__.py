"""Tells other programs what became of documents: EventBridge or SNS. It never decides anything about a document."""
