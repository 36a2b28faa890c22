//! Up to where everything is done, when requests end in any order.

use std::collections::VecDeque;

/// Keeps account of the requests that were taken from the queue.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Numbers in order, with how many parts of each are not done.
    open: VecDeque<(u64, usize)>,
}

impl Progress {
    /// Notes that a request was taken; numbers rise.
    pub(crate) fn taken(&mut self, seq: u64) {
        self.open.push_back((seq, 1));
    }

    /// Notes that a request, or a part of one, became so many parts.
    pub(crate) fn split(&mut self, seq: u64, parts: usize) {
        if let Some((_, open)) = self.find(seq) {
            *open = (*open + parts).saturating_sub(1);
        }
    }

    /// Notes that a request, or a part of one, needs nothing more.
    pub(crate) fn finished(&mut self, seq: u64) {
        self.split(seq, 0);
    }

    /// Says whether everything that was taken is done and told.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn find(&mut self, seq: u64) -> Option<&mut (u64, usize)> {
        let at = self.open.binary_search_by_key(&seq, |it| it.0).ok()?;
        self.open.get_mut(at)
    }

    /// Returns the number up to which everything is done, when it rose.
    pub(crate) fn settle(&mut self) -> Option<u64> {
        let mut upto = None;
        while let Some((seq, _)) = self.open.pop_front_if(|it| it.1 == 0) {
            upto = Some(seq);
        }
        upto
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_done_from_the_beginning_on_counts() {
        let mut progress = Progress::default();
        [3, 5, 8, 9].into_iter().for_each(|seq| progress.taken(seq));
        progress.finished(5);
        assert_eq!(progress.settle(), None);
        progress.split(3, 3);
        progress.finished(3);
        progress.split(3, 2);
        for _ in 0..3 {
            assert_eq!(progress.settle(), None, "a part of it is not done");
            progress.finished(3);
        }
        assert_eq!(progress.settle(), Some(5));
        assert_eq!(progress.settle(), None, "told once");
        progress.finished(9);
        progress.finished(8);
        assert_eq!(progress.settle(), Some(9));
        progress.finished(9);
        assert_eq!(progress.settle(), None);
    }
}
