use rayon::{ThreadPool, ThreadPoolBuilder};

/// The threads that may work on one picture.
///
/// Filters split their work over whatever `rayon` pool they run in; a worker never runs them outside of one, or they
/// would spread over all cores.
#[derive(Debug, Default)]
pub struct Grant {
    /// This thread as a pool of one, made when first needed. It lasts as long as the thread.
    alone: Option<ThreadPool>,
    /// The pool of the last grant of more than one thread.
    many: Option<(u16, ThreadPool)>,
}

impl Grant {
    /// Runs `work` in a pool of `threads` threads. With one thread that is the calling thread itself.
    pub fn run<R: Send>(&mut self, threads: u16, work: impl FnOnce() -> R + Send) -> R {
        if threads > 1 {
            if self.many.as_ref().is_none_or(|(size, _)| *size != threads) {
                let pool = ThreadPoolBuilder::new().num_threads(threads.into()).build();
                self.many = pool.ok().map(|pool| (threads, pool));
            }
            if let Some((_, pool)) = &self.many {
                return pool.install(work);
            }
        }
        if self.alone.is_none() {
            // Refused only where the thread is in a pool already: the work then runs in that one.
            let alone = ThreadPoolBuilder::new().num_threads(1).use_current_thread();
            self.alone = alone.build().ok();
        }
        work()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_sees_as_many_threads_as_were_granted() {
        std::thread::spawn(|| {
            let mut grant = Grant::default();
            let caller = std::thread::current().id();
            for threads in [1, 3, 1, 2, 2, 1] {
                let (seen, at) = grant.run(threads, || {
                    (rayon::current_num_threads(), std::thread::current().id())
                });
                assert_eq!(seen, usize::from(threads));
                assert_eq!(at == caller, threads == 1);
            }
        })
        .join()
        .unwrap();
    }
}
