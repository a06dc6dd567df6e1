//! Questions to snapshots: filters, boxes, predicates between shapes, aggregates.
