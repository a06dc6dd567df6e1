//! The city, its zones and its wards, and which block lies in which.

use std::collections::HashMap;

use super::{
    names,
    plan::Plan,
    region::{push_union, regions},
    sheet::{Sheet, date},
};
use crate::model::{FieldType, Value};

/// The delimitation the wards belong to.
pub(super) const DELIM: &str = "299901-2022";

/// One ward.
pub(super) struct Ward {
    /// Its number, from 1 upwards, the north-west first.
    pub(super) number: usize,
    /// Its name in English.
    pub(super) name: String,
    name_local: String,
    blocks: Vec<(i64, i64)>,
    zone: usize,
    /// People; filled when the buildings stand.
    pub(super) people: i64,
}

/// Who lies in whom.
pub(super) struct Admin {
    /// The wards, by number.
    pub(super) wards: Vec<Ward>,
    zones: Vec<(String, String)>,
    by_block: HashMap<(i64, i64), usize>,
}

fn centre(plan: &Plan, blocks: &[(i64, i64)]) -> [f64; 2] {
    let sum = blocks.iter().fold([0.0, 0.0], |sum, &(column, row)| {
        let [x, y] = plan.flat(column as f64 + 0.5, row as f64 + 0.5);
        [sum[0] + x, sum[1] + y]
    });
    sum.map(|total| total / blocks.len().max(1) as f64)
}

impl Admin {
    /// Divides the city.
    pub(super) fn new(plan: &Plan, ward_count: usize, zone_count: usize) -> Self {
        let blocks: Vec<(i64, i64)> = plan.blocks().collect();
        let at: HashMap<(i64, i64), usize> = blocks
            .iter()
            .enumerate()
            .map(|(slot, &block)| (block, slot))
            .collect();
        let around = |(column, row): (i64, i64)| {
            [
                (column + 1, row),
                (column - 1, row),
                (column, row + 1),
                (column, row - 1),
            ]
        };
        let neighbours: Vec<Vec<usize>> = blocks
            .iter()
            .map(|&block| {
                around(block)
                    .iter()
                    .filter_map(|next| at.get(next).copied())
                    .collect()
            })
            .collect();
        let middles: Vec<[f64; 2]> = blocks.iter().map(|&block| centre(plan, &[block])).collect();
        let ward_of = regions(&middles, &neighbours, ward_count, 50);
        let count = ward_of.iter().max().map_or(0, |most| most + 1);
        let mut members: Vec<Vec<(i64, i64)>> = vec![vec![]; count];
        for (slot, &ward) in ward_of.iter().enumerate() {
            members[ward].push(blocks[slot]);
        }
        // Numbered as people read a map: in bands from the north, each from the west.
        let band = plan.radius / 3.0;
        members.sort_by_key(|blocks| {
            let [x, y] = centre(plan, blocks);
            ((-y / band).floor() as i64, x as i64)
        });
        let mut by_block = HashMap::new();
        for (ward, blocks) in members.iter().enumerate() {
            by_block.extend(blocks.iter().map(|&block| (block, ward)));
        }
        let ward_neighbours: Vec<Vec<usize>> = members
            .iter()
            .map(|blocks| {
                let mut near: Vec<usize> = blocks
                    .iter()
                    .flat_map(|&block| around(block))
                    .filter_map(|next| by_block.get(&next).copied())
                    .collect();
                near.sort_unstable();
                near.dedup();
                near
            })
            .collect();
        let middles: Vec<[f64; 2]> = members.iter().map(|blocks| centre(plan, blocks)).collect();
        let zone_of = regions(&middles, &ward_neighbours, zone_count, 60);
        let zones = zone_names(plan, &members, &zone_of);
        let wards = members
            .into_iter()
            .enumerate()
            .map(|(ward, blocks)| {
                let (name, name_local) = names::quarter(ward);
                Ward {
                    number: ward + 1,
                    name,
                    name_local,
                    blocks,
                    zone: zone_of[ward],
                    people: 0,
                }
            })
            .collect();
        Self {
            wards,
            zones,
            by_block,
        }
    }

    /// The ward of a block.
    pub(super) fn ward_of(&self, block: (i64, i64)) -> usize {
        self.by_block.get(&block).copied().unwrap_or(0)
    }

    /// The number of the ward of a block as text.
    pub(super) fn ward_no(&self, block: (i64, i64)) -> String {
        (self.ward_of(block) + 1).to_string()
    }

    /// The layers `city_boundary`, `zone_boundary` and `ward_boundary`.
    pub(super) fn sheets(&self, plan: &Plan, name: (&str, &str)) -> [Sheet; 3] {
        use FieldType::{Date, Integer, Real, Text};
        let sqkm = |sqm: f64| Value::Real((sqm / 1000.0).round() / 1000.0);
        let mut city = Sheet::new(
            "city_boundary",
            &[
                ("name", Text),
                ("name_local", Text),
                ("ulb_type", Text),
                ("state_lgd", Integer),
                ("dist_lgd", Integer),
                ("area_sqkm", Real),
                ("pop_total", Integer),
                ("valid_from", Date),
            ],
        );
        let all: Vec<(i64, i64)> = plan.blocks().collect();
        let size = push_union(plan, &all, &mut city.shapes);
        let people = self.wards.iter().map(|ward| ward.people).sum();
        city.row(
            "CITY",
            &[
                Value::Text(name.0),
                Value::Text(name.1),
                Value::Text("4"),
                Value::Integer(27),
                Value::Integer(799),
                sqkm(size),
                Value::Integer(people),
                date("2022-06-01"),
            ],
        );
        let mut zones = Sheet::new(
            "zone_boundary",
            &[
                ("zone_no", Text),
                ("name", Text),
                ("name_local", Text),
                ("area_sqkm", Real),
            ],
        );
        for (zone, (english, local)) in self.zones.iter().enumerate() {
            let blocks: Vec<(i64, i64)> = self
                .wards
                .iter()
                .filter(|ward| ward.zone == zone)
                .flat_map(|ward| ward.blocks.iter().copied())
                .collect();
            let size = push_union(plan, &blocks, &mut zones.shapes);
            let number = (zone + 1).to_string();
            zones.row(
                &format!("Z{number}"),
                &[
                    Value::Text(&number),
                    Value::Text(english),
                    Value::Text(local),
                    sqkm(size),
                ],
            );
        }
        let mut wards = Sheet::new(
            "ward_boundary",
            &[
                ("ward_no", Text),
                ("name", Text),
                ("name_local", Text),
                ("delim_id", Text),
                ("delim_year", Integer),
                ("zone_no", Text),
                ("pop_total", Integer),
                ("hh_total", Integer),
                ("area_sqkm", Real),
                ("valid_from", Date),
            ],
        );
        for ward in &self.wards {
            let size = push_union(plan, &ward.blocks, &mut wards.shapes);
            let number = ward.number.to_string();
            let zone = (ward.zone + 1).to_string();
            wards.row(
                &format!("W{:03}", ward.number),
                &[
                    Value::Text(&number),
                    Value::Text(&ward.name),
                    Value::Text(&ward.name_local),
                    Value::Text(DELIM),
                    Value::Integer(2022),
                    Value::Text(&zone),
                    Value::Integer(ward.people),
                    Value::Integer(ward.people * 10 / 43),
                    sqkm(size),
                    date("2022-06-01"),
                ],
            );
        }
        [city, zones, wards]
    }
}

fn zone_names(
    plan: &Plan,
    members: &[Vec<(i64, i64)>],
    zone_of: &[usize],
) -> Vec<(String, String)> {
    let count = zone_of.iter().max().map_or(0, |most| most + 1);
    let mut names: Vec<(String, String)> = vec![];
    for zone in 0..count {
        let blocks: Vec<(i64, i64)> = members
            .iter()
            .zip(zone_of)
            .filter(|&(_, &of)| of == zone)
            .flat_map(|(blocks, _)| blocks.iter().copied())
            .collect();
        let [x, y] = centre(plan, &blocks);
        let (name, local) = names::zone(y.atan2(x), x.hypot(y) < plan.radius * 0.25);
        let same = names
            .iter()
            .filter(|(other, _)| other.starts_with(name))
            .count();
        names.push(if same == 0 {
            (name.to_owned(), local.to_owned())
        } else {
            (
                format!("{name} {}", same + 1),
                format!("{local} {}", names::digits(same + 1)),
            )
        });
    }
    names
}
