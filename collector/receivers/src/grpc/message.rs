//! Reads the one message of a call: a flag, a length of four bytes, and as many bytes.

use bytes::Bytes;

use crate::admission::Hold;
use crate::body::{Body, Coding};
use crate::refused::Refused;

const PREFIX: usize = 5;

/// The message of a call, as far as it has come.
pub(super) struct Message {
    coding: Coding,
    most: usize,
    prefix: [u8; PREFIX],
    /// How much of the prefix has come.
    have: usize,
    /// The room of the message, until it has a body.
    hold: Option<Hold>,
    body: Option<Body>,
    /// How many bytes of the body are still to come.
    left: usize,
}

impl Message {
    /// Begins a message of at most `most` bytes, as it comes and once decompressed.
    pub(super) fn new(coding: Coding, most: usize, hold: Hold) -> Self {
        let hold = Some(hold);
        Self { coding, most, prefix: [0; PREFIX], have: 0, hold, body: None, left: 0 }
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, piece: Bytes) -> Result<(), Refused> {
        let rest = self.push_prefix(piece)?;
        let Some(body) = &mut self.body else { return Ok(()) };
        let length = rest.len();
        if length > self.left {
            return Err(broken("the call has more than one message"));
        }
        body.push(rest)?;
        self.left -= length;
        Ok(())
    }

    /// Takes what is missing of the prefix and returns the rest of a piece.
    fn push_prefix(&mut self, mut rest: Bytes) -> Result<Bytes, Refused> {
        let missing = self.prefix.get_mut(self.have..).unwrap_or_default();
        let now = rest.split_to(missing.len().min(rest.len()));
        missing.iter_mut().zip(&now).for_each(|(to, from)| *to = *from);
        self.have += now.len();
        if self.have == PREFIX
            && let Some(hold) = self.hold.take()
        {
            self.begin(hold)?;
        }
        Ok(rest)
    }

    fn begin(&mut self, hold: Hold) -> Result<(), Refused> {
        let [flag, length @ ..] = self.prefix;
        let coding = match (flag, self.coding) {
            (0, _) => Coding::Identity,
            (1, Coding::Identity) => {
                return Err(broken(
                    "the message is compressed, and grpc-encoding does not say how",
                ));
            }
            (1, coding) => coding,
            _ => return Err(broken("the message begins with a flag that is neither 0 nor 1")),
        };
        self.left = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        hold.expect(self.left.min(self.most) as u64)?;
        self.body = Some(Body::new(coding, Some(self.left), self.most, hold)?);
        Ok(())
    }

    /// Returns the whole message with the room that it holds.
    pub(super) fn finish(self) -> Result<(Bytes, Hold), Refused> {
        match self.body {
            Some(body) if self.left == 0 => body.finish(),
            Some(_) => Err(broken(&format!("the message ends {} bytes early", self.left))),
            None => Err(broken("the call has no message")),
        }
    }
}

fn broken(what: &str) -> Refused {
    Refused::Broken(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Admission;

    const MOST: usize = 100;

    fn read(coding: Coding, pieces: &[&[u8]]) -> Result<Bytes, Refused> {
        let hold = Admission::new(1 << 20).share().admit().expect("room");
        let mut message = Message::new(coding, MOST, hold);
        for piece in pieces {
            message.push(Bytes::copy_from_slice(piece))?;
        }
        message.finish().map(|(bytes, _)| bytes)
    }

    #[test]
    fn a_message_may_be_cut_anywhere() {
        let bytes = b"\0\0\0\0\x05hello";
        for cut in 0..=bytes.len() {
            for second in cut..=bytes.len() {
                let pieces = [&bytes[..cut], &bytes[cut..second], &bytes[second..]];
                assert_eq!(read(Coding::Identity, &pieces).expect("sound"), "hello");
            }
        }
        assert_eq!(read(Coding::Gzip, &[b"\0\0\0\0\0"]).expect("an empty one"), "");
    }

    #[test]
    fn what_is_no_message_is_told() {
        let broken = |bytes: &[u8], coding, told: &str| match read(coding, &[bytes]) {
            Err(Refused::Broken(why)) => assert!(why.contains(told), "{why} has no {told}"),
            other => panic!("{bytes:?}: {other:?}"),
        };
        broken(b"", Coding::Identity, "has no message");
        broken(b"\0\0\0", Coding::Identity, "has no message");
        broken(b"\0\0\0\0\x05hell", Coding::Identity, "1 bytes early");
        broken(b"\0\0\0\0\x01ab", Coding::Identity, "more than one message");
        broken(b"\x01\0\0\0\x01a", Coding::Identity, "does not say how");
        broken(b"\x02\0\0\0\x01a", Coding::Gzip, "neither 0 nor 1");
        broken(b"\x01\0\0\0\x01a", Coding::Gzip, "ends early");
        let large = read(Coding::Identity, &[b"\0\0\0\0\x65"]);
        assert!(matches!(large, Err(Refused::TooLarge(MOST))), "before a byte of it has come");
    }
}
