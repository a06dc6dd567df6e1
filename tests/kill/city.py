"""Wards that conform, as a file: `side` times `side` squares that fill a city. The tale goes into every name, so
that another tale is another content."""
import json

WEST, SOUTH, SIDE = 77.5, 12.9, 0.2

ABOUT = {
    "identifier": "in-251530-ward_boundary", "title": "Electoral wards", "abstract": "Wards of the test city",
    "keywords": ["ward_boundary", "test"], "theme": "boundaries", "resource_type": "dataset", "language": "en",
    "reference_date": "2025-04-01", "publisher": "Test Municipal Corporation", "custodian": "Town planning",
    "contact": "gis@example.in", "contributor": "GIS cell", "jurisdiction": "251530",
    "bbox": [WEST, SOUTH, WEST + SIDE, SOUTH + SIDE], "temporal_coverage": "2025-04-01/..", "frequency": "on_event",
    "next_update": "2030-04-01", "licence": "GODL-India", "rights": "public",
    "attribution": "Test Municipal Corporation", "crs": "EPSG:4326", "representation": "vector", "scale": 4000,
    "accuracy_m": 2.0, "lineage": "made by a test", "conformance": "in-city-min-1", "dictionary": "layers",
    "completeness": 100, "distributions": ["GeoJSON"], "services": ["OGC API Features"], "related": [],
    "version": "1", "metadata_date": "2025-04-01", "catalogue": "test",
}


def wards(tale, side, corners=1):
    """The file's bytes; each side of a ward has as many corners, so that judging takes longer than reading."""
    features, steps = [], range(corners)
    place = lambda x, y: [round(WEST + SIDE * x / (side * corners), 9), round(SOUTH + SIDE * y / (side * corners), 9)]
    for at in range(side * side):
        x, y = at % side * corners, at // side * corners
        ring = [place(x + one, y) for one in steps] + [place(x + corners, y + one) for one in steps]
        ring += [place(x + corners - one, y + corners) for one in steps] + [place(x, y + corners - one) for one in steps]
        ring.append(ring[0])
        features.append({
            "type": "Feature",
            "properties": {
                "feature_id": f"w{at + 1}", "ulb_lgd": 251530, "updated_on": "2025-04-01", "ward_no": str(at + 1),
                "name": f"वार्ड {tale} {at + 1}", "delim_id": "251530-2022", "delim_year": 2022,
                "pop_total": 1001 + at},
            "geometry": {"type": "Polygon", "coordinates": [ring]}})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()
