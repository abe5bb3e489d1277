"""What is here for code written for OPEA alone; the core uses what completes its orchestrator's and its service's interface."""
