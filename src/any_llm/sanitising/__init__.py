"""What texts are cleaned of before they go out, and when they come back: pure functions of the layer `sanitise`."""
