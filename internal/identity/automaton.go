package identity

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
)

// A matcher reports whether digits match one of the phone library's patterns.
// digits must consist of 0 to 9.
type matcher interface {
	MatchString(digits string) bool
}

// compile returns a matcher for expr, which must be a valid regular expression.
// It is an automaton when expr allows one, else the regular expression itself:
// slower, but with the same result.
func compile(expr string) matcher {
	if a := newAutomaton(expr); a != nil {
		return a
	}
	return regexp.MustCompile(expr)
}

// maxStates bounds the memory of one automaton to 88 kB. The largest that the
// library's patterns need is a tenth of that.
const maxStates = 1 << 12

// An automaton matches a string of digits in one table access per digit.
//
// It exists because the library's patterns are long lists of area codes: Go's
// regexp follows all alternatives at each digit and takes microseconds, and the
// validity of one number needs up to 50 patterns. An alphabet of ten digits
// makes the table of a deterministic automaton small.
type automaton struct {
	states []state // the first is dead: it leads nowhere
}

// A state stands for the instructions of the regular expression that may
// follow the digits read so far.
type state struct {
	next    [10]uint16
	matched bool // whatever follows
	atEnd   bool // if nothing follows
}

const (
	deadState = iota
	startState
)

// MatchString returns what regexp.MatchString returns for digits.
func (a *automaton) MatchString(digits string) bool {
	at := &a.states[startState]
	for i := range len(digits) {
		if at.matched {
			return true
		}
		digit := digits[i] - '0'
		if digit > 9 || at.next[digit] == deadState {
			return false
		}
		at = &a.states[at.next[digit]]
	}
	return at.matched || at.atEnd
}

// newAutomaton returns the automaton of expr by the subset construction over
// the program that package regexp would run. It returns nil when expr is not
// anchored at the start, has assertions other than ^ and $, or needs more than
// maxStates states.
func newAutomaton(expr string) *automaton {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || program.StartCond()&syntax.EmptyBeginText == 0 {
		return nil
	}
	for _, inst := range program.Inst {
		if inst.Op == syntax.InstEmptyWidth && !only(inst, syntax.EmptyBeginText) && !only(inst, syntax.EmptyEndText) {
			return nil
		}
	}
	s := subsets{
		program: program,
		states:  make([]state, startState),
		members: make([][]uint32, startState),
		ids:     make(map[string]uint16),
		visited: make([]int, len(program.Inst)),
	}
	s.add([]uint32{uint32(program.Start)}, true) //nolint:gosec // an index of program.Inst
	for i := startState; i < len(s.states); i++ {
		s.connect(i)
		if len(s.states) > maxStates {
			return nil
		}
	}
	return &automaton{states: s.states}
}

// only reports whether inst asserts nothing but op.
func only(inst syntax.Inst, op syntax.EmptyOp) bool { return inst.Arg == uint32(op) }

// subsets are the states of an automaton under construction. members[i] are the
// instructions that states[i] stands for, in order.
type subsets struct {
	program *syntax.Prog
	states  []state
	members [][]uint32
	ids     map[string]uint16 // of states, by their members
	visited []int             // by instruction, the last round of follow that met it
	round   int
	key     []byte // for reuse
}

// connect finds the states that follow state i.
func (s *subsets) connect(i int) {
	var next, previous []uint32
	for digit := range s.states[i].next {
		next, previous = s.step(previous[:0], i, '0'+rune(digit)), next
		switch {
		case len(next) == 0: // deadState
		case digit > 0 && slices.Equal(next, previous):
			s.states[i].next[digit] = s.states[i].next[digit-1]
		default:
			id := s.add(next, false) // moves s.states
			s.states[i].next[digit] = id
		}
	}
}

// step appends to next where the instructions of state i lead with digit.
func (s *subsets) step(next []uint32, i int, digit rune) []uint32 {
	for _, pc := range s.members[i] {
		switch inst := &s.program.Inst[pc]; inst.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if inst.MatchRune(digit) {
				next = append(next, inst.Out)
			}
		default: // reads no digit
		}
	}
	return next
}

// add returns the state that stands for pcs and what they lead to without
// reading a digit. atStart tells whether no digit was read yet.
func (s *subsets) add(pcs []uint32, atStart bool) uint16 {
	members := s.follow(pcs, atStart, false)
	slices.Sort(members)
	s.key = s.key[:0]
	for _, pc := range members {
		s.key = binary.AppendUvarint(s.key, uint64(pc))
	}
	if id, found := s.ids[string(s.key)]; found {
		return id
	}
	id := uint16(len(s.states)) //nolint:gosec // at most maxStates + 10
	s.ids[string(s.key)] = id
	s.members = append(s.members, members)
	s.states = append(s.states, state{
		matched: s.matches(members),
		atEnd:   s.matches(s.follow(members, atStart, true)),
	})
	return id
}

// matches reports whether pcs include the end of the expression.
func (s *subsets) matches(pcs []uint32) bool {
	return slices.ContainsFunc(pcs, func(pc uint32) bool { return s.program.Inst[pc].Op == syntax.InstMatch })
}

// follow returns pcs and what they lead to without reading a digit, each once
// and without the instructions that only lead on.
func (s *subsets) follow(pcs []uint32, atStart, atEnd bool) []uint32 {
	s.round++
	var members []uint32
	for todo := slices.Clone(pcs); len(todo) > 0; {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.visited[pc] == s.round {
			continue
		}
		s.visited[pc] = s.round
		switch inst := s.program.Inst[pc]; inst.Op {
		case syntax.InstFail:
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			todo = append(todo, inst.Out)
		case syntax.InstEmptyWidth:
			switch end := only(inst, syntax.EmptyEndText); {
			case end && atEnd, !end && atStart:
				todo = append(todo, inst.Out)
			case end:
				members = append(members, pc) // decided when the digits end
			}
		default:
			members = append(members, pc)
		}
	}
	return members
}
