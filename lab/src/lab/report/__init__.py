"""What stays of a run: result.json, the HTML report, the plots, the logs, the ledger."""
