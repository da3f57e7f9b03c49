"""What is said to models and what they answer: plain values."""
