"""The document half: turns one PDF into images, links, metadata and searchable points. Never talks to SQS or ECS."""
