//! Names for what is in a city that is nowhere, in Latin letters and in Devanagari.

/// First and second halves of ward names; a stem goes with every ending.
const STEMS: [(&str, &str); 20] = [
    ("Shanti", "शांती"),
    ("Ganesh", "गणेश"),
    ("Lakshmi", "लक्ष्मी"),
    ("Anand", "आनंद"),
    ("Surya", "सूर्य"),
    ("Kamal", "कमल"),
    ("Tulsi", "तुळशी"),
    ("Chandan", "चंदन"),
    ("Vijay", "विजय"),
    ("Moti", "मोती"),
    ("Ram", "राम"),
    ("Hanuman", "हनुमान"),
    ("Bhavani", "भवानी"),
    ("Gokul", "गोकुळ"),
    ("Amrut", "अमृत"),
    ("Navin", "नवीन"),
    ("Juna", "जुना"),
    ("Rajat", "रजत"),
    ("Kailas", "कैलास"),
    ("Malhar", "मल्हार"),
];
const ENDINGS: [(&str, &str); 12] = [
    (" Nagar", " नगर"),
    (" Peth", " पेठ"),
    ("wadi", "वाडी"),
    ("pur", "पूर"),
    (" Colony", " कॉलनी"),
    (" Vihar", " विहार"),
    (" Baug", " बाग"),
    (" Chowk", " चौक"),
    (" Park", " पार्क"),
    ("gaon", "गाव"),
    (" Ali", " आळी"),
    (" Tekdi", " टेकडी"),
];

/// The name of quarter `number`, in English and Marathi; 240 different ones.
pub(super) fn quarter(number: usize) -> (String, String) {
    let (stem, stem_local) = STEMS[number % STEMS.len()];
    let (end, end_local) = ENDINGS[(number / STEMS.len() + number % STEMS.len()) % ENDINGS.len()];
    let again = number / (STEMS.len() * ENDINGS.len());
    let (more, more_local) = if again == 0 {
        (String::new(), String::new())
    } else {
        (format!(" {}", again + 1), format!(" {}", digits(again + 1)))
    };
    (
        format!("{stem}{end}{more}"),
        format!("{stem_local}{end_local}{more_local}"),
    )
}

/// A whole number in Devanagari digits.
pub(super) fn digits(number: usize) -> String {
    number
        .to_string()
        .chars()
        .filter_map(|digit| char::from_u32(digit as u32 - u32::from('0') + 0x0966))
        .collect()
}

/// Zones are called after where they lie.
pub(super) fn zone(turn: f64, middle: bool) -> (&'static str, &'static str) {
    const NAMES: [(&str, &str); 8] = [
        ("East", "पूर्व"),
        ("North-East", "ईशान्य"),
        ("North", "उत्तर"),
        ("North-West", "वायव्य"),
        ("West", "पश्चिम"),
        ("South-West", "नैऋत्य"),
        ("South", "दक्षिण"),
        ("South-East", "आग्नेय"),
    ];
    if middle {
        return ("Old City", "जुने शहर");
    }
    let part = (turn / std::f64::consts::FRAC_PI_4).round() as i64;
    NAMES[part.rem_euclid(8) as usize]
}

/// Roads that have a name.
pub(super) const ROADS: [(&str, &str); 12] = [
    ("Station Road", "स्टेशन रस्ता"),
    ("Market Road", "बाजार रस्ता"),
    ("Lake Road", "तलाव रस्ता"),
    ("College Road", "कॉलेज रस्ता"),
    ("Temple Road", "मंदिर रस्ता"),
    ("Court Road", "न्यायालय रस्ता"),
    ("Mill Road", "गिरणी रस्ता"),
    ("Fort Road", "किल्ला रस्ता"),
    ("River Road", "नदी रस्ता"),
    ("Hospital Road", "रुग्णालय रस्ता"),
    ("Post Office Road", "टपाल कार्यालय रस्ता"),
    ("Garden Road", "उद्यान रस्ता"),
];
