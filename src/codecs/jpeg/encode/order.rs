//! Orders in which the coefficients of a block may stand, and which of them are not zero.

use super::super::inverse::ZIGZAG;

/// Where in a block the coefficient of each index stands.
#[derive(Debug)]
pub(super) struct Order {
    /// The place of each index.
    pub(super) places: [u8; 64],
    /// The indices that are meant by flags of the first eight places, of the next eight, and so on.
    indices: [[u64; 256]; 8],
}

/// Zigzag order, as files have it.
pub(super) static IN_ORDER: Order = Order::new(in_order());

/// As the transform of this program leaves blocks.
pub(super) static AS_TRANSFORMED: Order = Order::new(as_transformed());

impl Order {
    const fn new(places: [u8; 64]) -> Self {
        let mut indices = [[0; 256]; 8];
        let mut index = 0;
        while index < 64 {
            let place = places[index] as usize;
            let mut flags = 0;
            while flags < 256 {
                if flags >> (place % 8) & 1 == 1 {
                    indices[place / 8][flags] |= 1 << index;
                }
                flags += 1;
            }
            index += 1;
        }
        Self { places, indices }
    }

    /// The indices of the coefficients that are not zero, as bits.
    #[inline]
    pub(super) fn present(&self, block: &[i16; 64]) -> u64 {
        let mut set = [0_u8; 64];
        for (set, value) in set.iter_mut().zip(block) {
            *set = u8::from(*value != 0);
        }
        let eights = set.as_chunks::<8>().0.iter().zip(&self.indices);
        eights.fold(0, |present, (set, indices)| {
            // Eight bytes that are 0 or 1 become the bits of the uppermost.
            let flags = u64::from_le_bytes(*set).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            present | indices[flags as usize & 255]
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 63")]
const fn in_order() -> [u8; 64] {
    let mut places = [0; 64];
    let mut index = 0;
    while index < 64 {
        places[index] = index as u8;
        index += 1;
    }
    places
}

/// The upper four rows come first, then the lower ones, of both column after column.
#[expect(clippy::cast_possible_truncation, reason = "at most 63")]
const fn as_transformed() -> [u8; 64] {
    let mut places = [0; 64];
    let mut index = 0;
    while index < 64 {
        let (row, column) = (ZIGZAG[index] / 8, ZIGZAG[index] % 8);
        places[index] = (row / 4 * 32 + column * 4 + row % 4) as u8;
        index += 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_has_its_bit() {
        for order in [&IN_ORDER, &AS_TRANSFORMED] {
            for (index, place) in order.places.iter().enumerate() {
                let mut block = [0; 64];
                block[usize::from(*place)] = -3;
                assert_eq!(order.present(&block), 1 << index);
            }
            assert_eq!(order.present(&[256; 64]), u64::MAX);
        }
    }
}
