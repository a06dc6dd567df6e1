//! What GDAL's safe wrapper cannot tell: a null geometry, a field that was never set, a curve.
//!
//! The wrapper gives `Some` for a null geometry, 0 for a field that is not there, and has no way to
//! straighten a curve. So features are walked through the C interface here, behind types that own what
//! they free. Nothing outside this file is unsafe in the reader.
#![expect(
    unsafe_code,
    reason = "null geometries, unset fields, curves and matching of reference systems have no safe wrapper"
)]

use std::{ffi::CStr, marker::PhantomData, os::raw::c_int, ptr};

use gdal::{
    spatial_ref::SpatialRef,
    vector::{Geometry, Layer, LayerAccess},
};
use gdal_sys::OGRFeatureH;

/// One feature, freed when dropped.
pub(super) struct RawFeature<'a> {
    handle: OGRFeatureH,
    layer: PhantomData<&'a ()>,
}

/// What a feature has for a geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// A null.
    Nothing,
    /// A geometry, now in the buffer as WKB.
    Wkb,
    /// A geometry with curves, straightened, now in the buffer as WKB.
    Straightened,
    /// A geometry that GDAL could not write out.
    Unusable,
}

/// A date and time as the driver holds it: year, month, day, hour, minute, second, and the time zone
/// flag of GDAL (0 unknown, 1 local, 100 UTC, each step a quarter of an hour).
pub(super) type Moment = (i32, i32, i32, i32, i32, f32, i32);

/// Starts from the first feature.
pub(super) fn rewind(layer: &Layer<'_>) {
    // SAFETY: the layer's handle lives as long as the borrow.
    unsafe { gdal_sys::OGR_L_ResetReading(layer.c_layer()) }
}

/// The next feature; none at the end, and none where a broken file breaks off.
pub(super) fn next<'a>(layer: &'a Layer<'_>) -> Option<RawFeature<'a>> {
    // SAFETY: the layer's handle is live; the feature handed out is ours and freed in `drop`.
    let handle = unsafe { gdal_sys::OGR_L_GetNextFeature(layer.c_layer()) };
    (!handle.is_null()).then_some(RawFeature {
        handle,
        layer: PhantomData,
    })
}

impl Drop for RawFeature<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle came from `OGR_L_GetNextFeature` and is freed once.
        unsafe { gdal_sys::OGR_F_Destroy(self.handle) }
    }
}

impl RawFeature<'_> {
    /// True when the field has a value: it was set, and not to null.
    pub(super) fn has(&self, field: usize) -> bool {
        // SAFETY: the handle is live; GDAL checks the index.
        unsafe { gdal_sys::OGR_F_IsFieldSetAndNotNull(self.handle, field as c_int) != 0 }
    }

    /// The field as a whole number.
    pub(super) fn integer(&self, field: usize) -> i64 {
        // SAFETY: as above.
        unsafe { gdal_sys::OGR_F_GetFieldAsInteger64(self.handle, field as c_int) }
    }

    /// The field as a number.
    pub(super) fn real(&self, field: usize) -> f64 {
        // SAFETY: as above.
        unsafe { gdal_sys::OGR_F_GetFieldAsDouble(self.handle, field as c_int) }
    }

    /// The field as bytes of text, in the encoding the driver left it in. The buffer is GDAL's and is
    /// reused by the next call, hence `&mut`.
    pub(super) fn text(&mut self, field: usize) -> &[u8] {
        // SAFETY: the handle is live; GDAL gives a NUL-terminated buffer that lives until the next call
        // on this feature, which the exclusive borrow prevents.
        unsafe {
            let text = gdal_sys::OGR_F_GetFieldAsString(self.handle, field as c_int);
            if text.is_null() {
                &[]
            } else {
                CStr::from_ptr(text).to_bytes()
            }
        }
    }

    /// The members of a list of texts.
    pub(super) fn texts(&self, field: usize) -> Vec<String> {
        let mut found = vec![];
        // SAFETY: GDAL gives a NULL-terminated array of NUL-terminated texts that it keeps.
        unsafe {
            let mut at = gdal_sys::OGR_F_GetFieldAsStringList(self.handle, field as c_int);
            while !at.is_null() && !(*at).is_null() {
                found.push(CStr::from_ptr(*at).to_string_lossy().into_owned());
                at = at.add(1);
            }
        }
        found
    }

    /// The field as a date and time.
    pub(super) fn moment(&self, field: usize) -> Option<Moment> {
        let (mut year, mut month, mut day, mut hour, mut minute, mut zone) = (0, 0, 0, 0, 0, 0);
        let mut second = 0.0_f32;
        // SAFETY: all pointers are to live locals of the types that GDAL's header names.
        let good = unsafe {
            gdal_sys::OGR_F_GetFieldAsDateTimeEx(
                self.handle,
                field as c_int,
                &raw mut year,
                &raw mut month,
                &raw mut day,
                &raw mut hour,
                &raw mut minute,
                &raw mut second,
                &raw mut zone,
            )
        };
        (good != 0).then_some((year, month, day, hour, minute, second, zone))
    }

    /// Writes the geometry as ISO WKB, little-endian, into the buffer. Curves become segments of 4°.
    pub(super) fn wkb(&self, buffer: &mut Vec<u8>) -> Given {
        // SAFETY: the geometry belongs to the feature, which is live; a straightened copy is ours and is
        // destroyed here; the buffer is as large as GDAL says it needs.
        unsafe {
            let own = gdal_sys::OGR_F_GetGeometryRef(self.handle);
            if own.is_null() {
                return Given::Nothing;
            }
            if gdal_sys::OGR_GT_IsNonLinear(gdal_sys::OGR_G_GetGeometryType(own)) == 0 {
                return if export(own, buffer) {
                    Given::Wkb
                } else {
                    Given::Unusable
                };
            }
            let straight = gdal_sys::OGR_G_GetLinearGeometry(own, 0.0, ptr::null_mut());
            if straight.is_null() {
                return Given::Unusable;
            }
            let good = export(straight, buffer);
            gdal_sys::OGR_G_DestroyGeometry(straight);
            if good {
                Given::Straightened
            } else {
                Given::Unusable
            }
        }
    }
}

/// Writes a geometry as little-endian ISO WKB.
///
/// # Safety
/// `geometry` must be a live handle.
unsafe fn export(geometry: gdal_sys::OGRGeometryH, buffer: &mut Vec<u8>) -> bool {
    // SAFETY: the handle is live by contract; the buffer is as large as GDAL says.
    unsafe {
        buffer.resize(gdal_sys::OGR_G_WkbSizeEx(geometry), 0);
        gdal_sys::OGR_G_ExportToIsoWkb(
            geometry,
            gdal_sys::OGRwkbByteOrder::wkbNDR,
            buffer.as_mut_ptr(),
        ) == gdal_sys::OGRErr::OGRERR_NONE
    }
}

/// A geometry given as text (WKT), as WKB in the buffer.
pub(super) fn wkb_of_text(text: &str, buffer: &mut Vec<u8>) -> bool {
    let Ok(geometry) = Geometry::from_wkt(text) else {
        return false;
    };
    // SAFETY: the geometry is live and owns its handle.
    unsafe { export(geometry.c_geometry(), buffer) }
}

/// The codes of known systems whose parameters are like these, with GDAL's confidence in percent, best
/// first.
pub(super) fn matches(srs: &SpatialRef) -> Vec<(String, i32)> {
    let mut found = vec![];
    let (mut count, mut confidences) = (0, ptr::null_mut());
    // SAFETY: the handle is live; the array of `count` references and of confidences is ours to free,
    // each with the function that GDAL's header names.
    unsafe {
        let known = gdal_sys::OSRFindMatches(
            srs.to_c_hsrs(),
            ptr::null_mut(),
            &raw mut count,
            &raw mut confidences,
        );
        if known.is_null() {
            return found;
        }
        for at in 0..count as usize {
            let one = *known.add(at);
            let part = |text: *const std::os::raw::c_char| {
                (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
            };
            let name = part(gdal_sys::OSRGetAuthorityName(one, ptr::null()));
            let code = part(gdal_sys::OSRGetAuthorityCode(one, ptr::null()));
            if let (Some(name), Some(code)) = (name, code) {
                found.push((format!("{name}:{code}"), *confidences.add(at)));
            }
        }
        gdal_sys::OSRFreeSRSArray(known);
        gdal_sys::VSIFree(confidences.cast());
    }
    found.sort_by_key(|(_, confidence)| -confidence);
    found
}

/// The same system without its heights: the horizontal part of a compound one, two axes instead of three.
pub(super) fn flat(srs: &SpatialRef) -> Option<SpatialRef> {
    let copy = srs.clone();
    // SAFETY: the copy's handle is live and ours to change.
    let good = unsafe {
        if srs.is_compound() {
            gdal_sys::OSRStripVertical(copy.to_c_hsrs());
        }
        gdal_sys::OSRDemoteTo2D(copy.to_c_hsrs(), ptr::null())
    };
    (good == gdal_sys::OGRErr::OGRERR_NONE).then_some(copy)
}

/// True when a whole-number field is declared to hold true and false.
pub(super) fn is_bool(layer: &Layer<'_>, field: usize) -> bool {
    // SAFETY: the layer's handle is live; GDAL gives null for an index beyond the fields.
    unsafe {
        let definition = gdal_sys::OGR_L_GetLayerDefn(layer.c_layer());
        if definition.is_null() {
            return false;
        }
        let field = gdal_sys::OGR_FD_GetFieldDefn(definition, field as c_int);
        !field.is_null()
            && gdal_sys::OGR_Fld_GetSubType(field) == gdal_sys::OGRFieldSubType::OFSTBoolean
    }
}
