"""`doctor`: asks every setting and service whether it is as the program needs it. It changes nothing."""
