package doctor

import (
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }
