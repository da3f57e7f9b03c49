"""Who decides what is answered: functions from a request to an answer."""
