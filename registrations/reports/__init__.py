"""An event's figures, plots, lists to print and exports."""
