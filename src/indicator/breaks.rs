//! Class breaks for a choropleth: upper bounds of classes, ascending, the last being the largest value.

/// The most values that Jenks looks at; a larger set is thinned evenly by rank, its ends kept.
const JENKS_VALUES: usize = 1_500;

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    found.sort_by(f64::total_cmp);
    found
}

/// Classes with (nearly) equal numbers of values. Fewer than asked for where values repeat.
pub fn quantile(values: &[f64], classes: usize) -> Vec<f64> {
    let values = sorted(values);
    if values.is_empty() || classes == 0 {
        return vec![];
    }
    let mut breaks: Vec<f64> = (1..=classes)
        .map(|class| values[(values.len() * class).div_ceil(classes).saturating_sub(1)])
        .collect();
    breaks.dedup();
    breaks
}

/// Classes of equal width.
pub fn equal(values: &[f64], classes: usize) -> Vec<f64> {
    let values = sorted(values);
    let (Some(&low), Some(&high)) = (values.first(), values.last()) else {
        return vec![];
    };
    if low == high || classes == 0 {
        return vec![high];
    }
    let step = (high - low) / classes as f64;
    (1..=classes)
        .map(|class| {
            if class == classes {
                high
            } else {
                low + step * class as f64
            }
        })
        .collect()
}

/// Natural breaks (Fisher and Jenks): the classes whose values differ least from their class's mean, found
/// exactly by dynamic programming.
pub fn jenks(values: &[f64], classes: usize) -> Vec<f64> {
    let mut values = sorted(values);
    if values.len() > JENKS_VALUES {
        let last = values.len() - 1;
        values = (0..JENKS_VALUES)
            .map(|at| values[at * last / (JENKS_VALUES - 1)])
            .collect();
    }
    let mut distinct = values.clone();
    distinct.dedup();
    if distinct.len() <= classes || classes == 0 {
        return if classes == 0 { vec![] } else { distinct };
    }
    let count = values.len();
    // Shifted to the first value, so that squares of large numbers do not eat the differences.
    let (mut sums, mut squares) = (vec![0.0; count + 1], vec![0.0; count + 1]);
    for (at, value) in values.iter().enumerate() {
        let shifted = value - values[0];
        sums[at + 1] = sums[at] + shifted;
        squares[at + 1] = squares[at] + shifted * shifted;
    }
    let spread = |from: usize, to: usize| {
        let sum = sums[to] - sums[from];
        squares[to] - squares[from] - sum * sum / (to - from) as f64
    };
    let mut best: Vec<f64> = (0..=count)
        .map(|to| if to == 0 { 0.0 } else { spread(0, to) })
        .collect();
    let mut cuts = vec![];
    for class in 2..=classes {
        let mut next = vec![f64::INFINITY; count + 1];
        let mut cut = vec![0; count + 1];
        for to in class..=count {
            for (from, so_far) in best.iter().enumerate().take(to).skip(class - 1) {
                let cost = so_far + spread(from, to);
                if cost < next[to] {
                    next[to] = cost;
                    cut[to] = from;
                }
            }
        }
        best = next;
        cuts.push(cut);
    }
    let mut breaks = vec![values[count - 1]];
    let mut to = count;
    for cut in cuts.iter().rev() {
        to = cut[to];
        breaks.push(values[to - 1]);
    }
    breaks.reverse();
    breaks.dedup();
    breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_end_with_the_largest_value_and_survive_odd_input() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(quantile(&values, 5), [2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(equal(&values, 3), [4.0, 7.0, 10.0]);
        assert_eq!(quantile(&[3.0, 3.0, 3.0, f64::NAN], 5), [3.0]);
        assert_eq!(equal(&[3.0, 3.0], 5), [3.0]);
        for method in [quantile, equal, jenks] {
            assert!(method(&[], 5).is_empty());
            assert_eq!(method(&[7.0], 5).last(), Some(&7.0));
        }
    }

    #[test]
    fn natural_breaks_are_the_best_of_all_ways_to_cut() {
        let values = [1.0, 2.0, 2.5, 9.0, 10.0, 10.5, 30.0, 31.0, 33.0, 70.0];
        let cost = |breaks: &[f64]| -> f64 {
            let mut from = f64::NEG_INFINITY;
            breaks
                .iter()
                .map(|&to| {
                    let class: Vec<f64> = values
                        .iter()
                        .copied()
                        .filter(|v| *v > from && *v <= to)
                        .collect();
                    from = to;
                    let mean = class.iter().sum::<f64>() / class.len() as f64;
                    class.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
                })
                .sum()
        };
        let found = jenks(&values, 4);
        let mut best = f64::INFINITY;
        for a in 0..7 {
            for b in a + 1..8 {
                for c in b + 1..9 {
                    best = best.min(cost(&[values[a], values[b], values[c], 70.0]));
                }
            }
        }
        assert!((cost(&found) - best).abs() < 1e-9, "{found:?}");
        assert_eq!(found, [2.5, 10.5, 33.0, 70.0]);
        assert_eq!(jenks(&vec![5.0; 10_000], 5), [5.0]);
    }
}
