# What runs: part of _core.pyx.

cdef class Chain:
    """One chain: a plan's blocks and the state they move; arrays are Python's."""

    cdef hf_plan plan
    cdef hf_state state
    cdef Target target
    cdef object leaf, eta, label, stop_flag
    cdef const int[::1] stop

    def __init__(self, Target target, uint64_t seed, uint32_t chain, blocks, stop, int passes=1,
                 uint64_t base=0, label=None):
        cdef hf_block *b
        cdef double[::1] leaf
        cdef const uint64_t[::1] labels
        cdef Conditional gibbs
        cdef Sliced sliced
        cdef Allocated mixed
        cdef Shares shares
        cdef Gridded grid
        cdef int width = HF_SUMS
        self.target, self.stop_flag, self.stop = target, stop, stop
        self.plan.kernels, self.plan.seed = target.kernels, seed
        self.plan.target, self.plan.proposal = target.target, target.proposal
        self.plan.target.stop = &self.stop[0]
        self.plan.passes = passes
        self.state.chain, self.state.stop = chain, &self.stop[0]
        self.plan.n_block = len(blocks)
        for i, name in enumerate(blocks):
            b = &self.plan.block[i]
            b.term, b.flags = 0, HF_MANY if name == "independence" else 0
            if name == "independence":
                b.run = hf_block_independence
            elif name == "slice":
                b.run = hf_block_slice
            elif name == "theta":
                b.run = hf_block_theta
            elif name == "centred":
                b.run = hf_block_centred
            elif name == "noncentred":
                b.run = hf_block_noncentred
            elif name == "eta":
                b.run = hf_block_eta
            elif name == "centred eta":
                b.run = hf_block_centred_eta
            elif name == "mixed eta":
                b.run = hf_block_mixed_eta
            elif name == "centred mixed eta":
                b.run = hf_block_centred_mixed_eta
            elif name == "noncentred mixed eta":
                b.run = hf_block_noncentred_mixed_eta
            elif name == "shares":
                b.run = hf_block_shares
            elif name == "alpha":
                b.run = hf_block_alpha
            elif name == "rows":
                b.run = hf_block_rows
            elif name == "allocation":
                b.run = hf_block_allocation
            elif name == "concentration":
                b.run = hf_block_concentration
            elif name == "weights":
                b.run = hf_block_weights
            elif name == "concentration of weights":
                b.run = hf_block_concentration_of_weights
            elif name == "swap":
                b.run = hf_block_swap
            elif name == "exchange":
                b.run = hf_block_exchange
            else:
                b.run = hf_block_noncentred_eta
        if isinstance(target, Conditional):
            gibbs = target
            self.state.conditional = gibbs.ctx
            self.plan.n_group, self.plan.p, self.plan.ybar = gibbs.n_group, gibbs.p, gibbs.ybar
        elif isinstance(target, Sliced):
            sliced = target
            self.plan.n_group, self.plan.effects = sliced.n_group, sliced.effects
            self.eta = np.zeros(sliced.n_group)
        elif isinstance(target, Allocated):
            mixed = target
            self.plan.n_group, self.plan.mixed = mixed.n_group, &mixed.effects
            self.eta = np.zeros(mixed.n_group * (mixed.effects.n_part + 1))
        elif isinstance(target, Gridded):
            grid = target
            self.plan.points = &grid.ctx
            self.eta = np.zeros(hf_weights_size(&grid.ctx))
        elif "shares" in blocks:
            shares = target
            self.plan.n_group, self.plan.shares = shares.ctx.n_group, &shares.ctx
            width = shares.ctx.n_part
            self.eta = np.zeros(shares.ctx.n_category)
        if self.eta is not None:
            leaf = self.eta
            self.state.eta = &leaf[0]
        if self.plan.n_group:
            self.leaf = np.zeros(hf_leaves(self.plan.n_group) * width)
            leaf = self.leaf
            self.state.leaf = &leaf[0]
            self.plan.base = base
            if label is not None:
                self.label = label
                labels = label
                self.plan.label = &labels[0]

    def begin(self, start=None):
        """Set the coordinates: those given, or a draw from the proposal's trial points."""
        cdef double lp = 0.0
        if start is None:
            hf_proposal_start(self.plan.proposal, self.plan.seed, self.state.chain, self.state.z)
        else:
            for k, v in enumerate(start):
                self.state.z[k] = v
        cdef int status = HF_OK
        if not isinstance(self.target, Conditional | Sliced | Allocated | Gridded):
            with nogil:
                status = self.plan.target.eval(&self.plan.target, 1, self.state.z, &lp)
        check(status)
        self.state.lp = lp

    def run(self, uint32_t first, double[:, ::1] path):
        """Sweeps first.. into path (d, n); return how many were finished before the stop flag."""
        cdef int status, done = 0, n = <int>path.shape[1]
        with nogil:
            status = hf_run(&self.plan, &self.state, first, n, &done, &path[0, 0])
        if status != HF_STOPPED:
            check(status)
        return done

    @property
    def moved(self):
        return self.state.moved

    @property
    def cut(self):
        """Slices wider than the cap on their interval."""
        return self.state.cut

    @property
    def effects(self):
        """Standardised effects moved by slices (of mixtures all parts, then allocations), or None."""
        return self.eta

    @property
    def sums(self):
        """Sums of the last pass over the effects, or of logarithms of shares, one a distinct alpha."""
        if self.plan.shares is not NULL:
            return self.leaf[:self.plan.shares.n_part].tolist()
        return [self.state.conditional.sum[k] for k in range(HF_SUMS)]

    def save(self):
        """The state as bytes; pointers in it mean nothing to another chain and are not restored."""
        eta = b"" if self.eta is None else self.eta.tobytes()
        return (<char *>&self.state)[:sizeof(hf_state)] + eta

    def load(self, bytes saved):
        """Take over a state saved by a chain of the same plan."""
        cdef hf_state old = self.state
        cdef const char *data = saved
        self.state = (<const hf_state *>data)[0]
        self.state.leaf, self.state.stop, self.state.chain = old.leaf, old.stop, old.chain
        self.state.eta = old.eta
        if self.eta is not None:
            self.eta[:] = np.frombuffer(saved, dtype=np.float64, offset=sizeof(hf_state))
        self.state.conditional.kernels = old.conditional.kernels
        self.state.conditional.hyper = old.conditional.hyper
