"""How households of look-alikes are made of development data, and what learning to tell them apart changes there."""
