"""How the impostor tail is fitted to groups of people that weigh the same, and tried on people it was not fitted to."""
