"""Who talks to an agent: how many people, from which country, on what device, by which channel. Nobody is named."""
