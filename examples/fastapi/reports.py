"""Reports for the admin panel.

With MARKETEDGE_BREAK_ADMIN=1 a dependency is missing, as if an image had been built without it.
"""

import os

if os.environ.get("MARKETEDGE_BREAK_ADMIN") == "1":
    raise ModuleNotFoundError("No module named 'cinema_analytics'")

REPORTS = {
    "cinema-analytics": {"title": "Cinema analytics", "screens": 412},
    "opening-weekends": {"title": "Opening weekends", "films": 38},
}
