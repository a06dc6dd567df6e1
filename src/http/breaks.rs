//! Class breaks of a choropleth: equal counts, equal steps, natural breaks (Fisher's exact form of Jenks).
//!
//! Each list holds the lowest value, the upper bound of every class, and so the highest value last: five
//! classes are six numbers. Fewer distinct values than classes give fewer classes.

use serde_json::{Value, json};

/// How many classes there are when the values allow it.
const CLASSES: usize = 5;
/// Natural breaks cost the square of the number of values; more than these are thinned evenly.
const MOST_VALUES: usize = 2_000;

/// All three for the finite ones among the values.
pub(super) fn breaks(values: &[f64]) -> Value {
    let mut sorted: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    json!({
        "quantile": quantile(&sorted),
        "equal": equal(&sorted),
        "jenks": natural(&sorted),
    })
}

fn quantile(sorted: &[f64]) -> Vec<f64> {
    let Some(last) = sorted.len().checked_sub(1) else {
        return vec![];
    };
    let mut bounds: Vec<f64> = (0..=CLASSES)
        .map(|class| {
            let at = last as f64 * class as f64 / CLASSES as f64;
            let (low, high) = (at.floor() as usize, at.ceil() as usize);
            sorted[low] + (sorted[high] - sorted[low]) * at.fract()
        })
        .collect();
    bounds.dedup();
    bounds
}

fn equal(sorted: &[f64]) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return vec![];
    };
    let mut bounds: Vec<f64> = (0..CLASSES)
        .map(|class| first + (last - first) * class as f64 / CLASSES as f64)
        .collect();
    bounds.push(last);
    bounds.dedup();
    bounds
}

/// The classes whose values differ least from their own mean (Fisher 1958), by dynamic programming.
fn natural(sorted: &[f64]) -> Vec<f64> {
    let step = sorted.len().div_ceil(MOST_VALUES).max(1);
    let mut values: Vec<f64> = sorted.iter().copied().step_by(step).collect();
    values.extend(sorted.last().filter(|last| values.last() != Some(last)));
    let mut distinct = values.clone();
    distinct.dedup();
    if distinct.len() <= CLASSES {
        return distinct;
    }
    let count = values.len();
    // Sums up to each value, of values less the middle one, so that squares keep their digits.
    let middle = values[count / 2];
    let mut sums = vec![(0.0, 0.0)];
    for value in &values {
        let (sum, squares) = sums[sums.len() - 1];
        let from_middle = value - middle;
        sums.push((sum + from_middle, squares + from_middle * from_middle));
    }
    let spread = |from: usize, to: usize| {
        let (sum, squares) = (sums[to].0 - sums[from].0, sums[to].1 - sums[from].1);
        (squares - sum * sum / (to - from) as f64).max(0.0)
    };
    // best[n]: the least spread of the first n values in the classes so far; starts: where the last began.
    let mut best: Vec<f64> = (0..=count)
        .map(|to| if to == 0 { 0.0 } else { spread(0, to) })
        .collect();
    let mut starts: Vec<Vec<usize>> = vec![];
    for class in 1..CLASSES {
        let mut next = vec![f64::INFINITY; count + 1];
        let mut start = vec![0; count + 1];
        for to in class + 1..=count {
            for from in class..to {
                let total = best[from] + spread(from, to);
                if total < next[to] {
                    (next[to], start[to]) = (total, from);
                }
            }
        }
        best = next;
        starts.push(start);
    }
    let mut bounds = vec![values[count - 1]];
    let mut to = count;
    for start in starts.iter().rev() {
        to = start[to];
        bounds.push(values[to - 1]);
    }
    bounds.push(values[0]);
    bounds.reverse();
    bounds.dedup();
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_breaks_fall_into_the_gaps() {
        let values = [
            1.0,
            2.0,
            1.5,
            10.0,
            11.0,
            20.0,
            21.0,
            30.0,
            31.0,
            40.0,
            41.5,
            f64::NAN,
        ];
        let breaks = breaks(&values);
        assert_eq!(breaks["jenks"], json!([1.0, 2.0, 11.0, 21.0, 31.0, 41.5]));
        assert_eq!(breaks["equal"][1], json!(9.1));
        assert_eq!(breaks["quantile"].as_array().map(Vec::len), Some(6));
    }

    #[test]
    fn few_or_no_values_give_fewer_classes() {
        assert_eq!(
            breaks(&[]),
            json!({"quantile": [], "equal": [], "jenks": []})
        );
        assert_eq!(
            breaks(&[3.0, 3.0]),
            json!({"quantile": [3.0], "equal": [3.0], "jenks": [3.0]})
        );
        assert_eq!(breaks(&[1.0, 2.0])["jenks"], json!([1.0, 2.0]));
        let many: Vec<f64> = (0..50_000).map(f64::from).collect();
        assert_eq!(breaks(&many)["jenks"].as_array().map(Vec::len), Some(6));
    }
}
