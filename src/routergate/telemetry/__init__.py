"""What operators see: Prometheus and logs."""
