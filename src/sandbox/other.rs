use super::Posture;

pub(super) fn enter(_parent: u32) -> Posture {
    Posture {
        own_process: true,
        ..Posture::default()
    }
}
