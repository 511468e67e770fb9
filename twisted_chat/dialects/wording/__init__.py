"""The English sentence of every event and every reply, once. Dialects and the bundled client add marks, times and layout."""
