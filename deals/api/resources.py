"""The resources of this app; each is known by being loaded."""

import deals.api.deals
import deals.api.papers
import deals.api.pipelines
import deals.api.records
import deals.api.work  # noqa: F401
