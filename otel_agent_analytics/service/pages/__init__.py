"""The page for people without dashboards: files that are served as they are; all that it shows is from the JSON API."""
