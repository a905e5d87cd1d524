package identity

import (
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nyaruka/phonenumbers"
)

// plans holds the numbering plan of each country code, which is made when a
// number first needs it. The zero value is empty and ready for concurrent use.
type plans [1000]atomic.Pointer[plan] // maxCountryDigits is 3

// of returns the plan of country, a country code that the library knows.
func (p *plans) of(country int32) *plan {
	if known := p[country].Load(); known != nil {
		return known
	}
	p[country].CompareAndSwap(nil, newPlan(country))
	return p[country].Load()
}

// A plan is what the phone library knows about the numbers of one country code.
// It gives the library's answers from the library's own metadata, in a hundredth
// of the time. Its tests compare the two.
type plan struct {
	code    string
	regions []*region // the main one first
}

func newPlan(country int32) *plan {
	p := &plan{code: strconv.Itoa(int(country))}
	all, _ := phonenumbers.MetadataCollection() // parsed when the program started
	for _, id := range phonenumbers.GetRegionCodesForCountryCode(int(country)) {
		i := slices.IndexFunc(all.GetMetadata(), func(m *phonenumbers.PhoneMetadata) bool {
			// Several country codes have the region 001, the world.
			return m.GetId() == id && m.GetCountryCode() == country
		})
		if i >= 0 {
			p.regions = append(p.regions, newRegion(all.GetMetadata()[i]))
		}
	}
	return p
}

// region returns the region of p named id, nil if there is none.
func (p *plan) region(id string) *region {
	for _, r := range p.regions {
		if r.id == id {
			return r
		}
	}
	return nil
}

// valid reports whether national, as it stands, is a number of p: what
// phonenumbers.IsValidNumber reports.
func (p *plan) valid(national string) bool {
	if len(national) < minNationalDigits || len(national) > maxNationalDigits {
		return false
	}
	for _, r := range p.regions {
		// The first region with the leading digits decides, even if the number
		// would be valid in a later one. The library ignores the leading digits
		// of a country's only region.
		decides := len(p.regions) > 1 && r.leading != nil
		if decides && !r.leading().MatchString(national) {
			continue
		}
		if valid := r.valid(national); valid || decides {
			return valid
		}
	}
	return false
}

// A region is a part of a plan, usually a country.
type region struct {
	id       string
	code     string         // of the country
	leading  func() matcher // nil: no leading digits tell the region
	dialOut  func() matcher // what precedes a country code
	general  kind
	kinds    []kind
	prefix   func() *regexp.Regexp // what precedes a national number; nil: nothing does
	rewrites bool                  // dropping the prefix may change the rest of the number
	local    lengths               // of numbers that can only be dialled locally
}

func newRegion(m *phonenumbers.PhoneMetadata) *region {
	r := &region{
		id:       m.GetId(),
		code:     strconv.Itoa(int(m.GetCountryCode())),
		general:  newKind(m.GetGeneralDesc()),
		dialOut:  sync.OnceValue(func() matcher { return compile("^(?:" + m.GetInternationalPrefix() + ")") }),
		rewrites: m.GetNationalPrefixTransformRule() != "",
		local:    lengthsOf(m.GetGeneralDesc().GetPossibleLengthLocalOnly()),
	}
	if leading := m.GetLeadingDigits(); leading != "" {
		r.leading = sync.OnceValue(func() matcher { return compile("^(?:" + leading + ")") })
	}
	if prefix := m.GetNationalPrefixForParsing(); prefix != "" {
		r.prefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^(?:" + prefix + ")") })
	}
	descs := []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(), m.GetVoip(),
		m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	}
	if !m.GetSameMobileAndFixedLinePattern() {
		descs = append(descs, m.GetMobile())
	}
	for _, desc := range descs {
		r.kinds = append(r.kinds, newKind(desc))
	}
	return r
}

func (r *region) valid(national string) bool {
	return r.general.has(national) &&
		slices.ContainsFunc(r.kinds, func(k kind) bool { return k.has(national) })
}

// national reports whether digits, dialled in r without a +, can only be a
// national number. Otherwise they may start with a country code: after the
// prefix for calls abroad, or with the region's own.
func (r *region) national(digits string) bool {
	return !r.dialOut().MatchString(digits) &&
		(!strings.HasPrefix(digits, r.code) || r.general.has(digits))
}

// significant returns digits, which include no country code, without the
// national prefix. known is false when only the library's parser can tell.
func (r *region) significant(digits string) (national string, known bool) {
	if r.prefix == nil {
		return digits, true
	}
	groups := r.prefix().FindStringSubmatchIndex(digits)
	switch {
	case groups == nil:
		return digits, true
	case r.rewrites && groups[len(groups)-2] >= 0:
		return "", false
	}
	// The library keeps the prefix if the region has numbers like digits and
	// none like the rest, or if it has none of the rest's length.
	rest, pattern := digits[groups[1]:], r.general.pattern()
	if pattern.MatchString(digits) && !pattern.MatchString(rest) {
		return digits, true
	}
	possible := r.general.lengths.include(rest) || len(rest) > r.general.lengths.longest()
	if !possible || r.local.include(rest) {
		return digits, true
	}
	return rest, true
}

// A kind of numbers, such as mobile numbers; or what all kinds have in common.
type kind struct {
	lengths lengths // 0: the pattern alone decides
	absent  bool    // the region has no such numbers
	pattern func() matcher
}

func newKind(desc *phonenumbers.PhoneNumberDesc) kind {
	possible := desc.GetPossibleLength()
	return kind{
		lengths: lengthsOf(possible),
		absent:  len(possible) > 0 && lengthsOf(possible) == 0,
		pattern: sync.OnceValue(func() matcher { return compile("^(?:" + desc.GetNationalNumberPattern() + ")$") }),
	}
}

func (k *kind) has(national string) bool {
	return !k.absent && (k.lengths == 0 || k.lengths.include(national)) && k.pattern().MatchString(national)
}

// lengths is a set of numbers of digits.
type lengths uint64

// lengthsOf returns the set of possible. The library writes -1 for none.
func lengthsOf(possible []int32) lengths {
	var set lengths
	for _, length := range possible {
		if length >= 0 {
			set |= 1 << length
		}
	}
	return set
}

func (l lengths) include(digits string) bool { return l&(1<<len(digits)) != 0 }

func (l lengths) longest() int { return bits.Len64(uint64(l)) - 1 }
