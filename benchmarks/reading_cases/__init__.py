"""Small PDFs of one condition each, read by this project and by other tools: who gets which right."""
