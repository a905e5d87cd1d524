package tidb

import (
	"slices"
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"
)

// features collects what a statement uses and TiDB does otherwise.
type features struct{ found []string }

func (f *features) add(name string) {
	if !slices.Contains(f.found, name) {
		f.found = append(f.found, name)
	}
}

// Enter implements ast.Visitor.
func (f *features) Enter(n ast.Node) (ast.Node, bool) {
	switch n := n.(type) {
	case *ast.SelectStmt:
		f.lock(n.LockInfo)
	case *ast.CreateTableStmt:
		f.table(n)
	case *ast.ColumnDef:
		for _, o := range n.Options {
			f.column(o)
		}
	case *ast.Constraint:
		f.constraint(n.Tp)
	case *ast.FuncCallExpr:
		f.function(n.FnName.L)
	case *ast.VariableExpr:
		f.variable(n.Name)
	case *ast.VariableAssignment:
		f.variable(n.Name)
	case *ast.BeginStmt:
		if n.ReadOnly {
			f.add("START TRANSACTION READ ONLY")
		}
	case *ast.SavepointStmt:
		f.add("SAVEPOINT")
	case *ast.LoadDataStmt:
		f.add("LOAD DATA")
	case *ast.LockTablesStmt:
		f.add("LOCK TABLES")
	case *ast.AlterTableStmt:
		f.add("ALTER TABLE")
	case *ast.SetCollationExpr:
		f.collation(n.Collate)
	}
	return n, false
}

// Leave implements ast.Visitor.
func (*features) Leave(n ast.Node) (ast.Node, bool) { return n, true }

func (f *features) lock(info *ast.SelectLockInfo) {
	if info == nil {
		return
	}
	switch info.LockType {
	case ast.SelectLockNone, ast.SelectLockForUpdate, ast.SelectLockForUpdateNoWait:
	case ast.SelectLockForUpdateSkipLocked:
		f.add("FOR UPDATE SKIP LOCKED")
	default: // FOR SHARE is ignored
		f.add(strings.ToUpper(info.LockType.String()))
	}
}

func (f *features) table(n *ast.CreateTableStmt) {
	if n.TemporaryKeyword != ast.TemporaryNone {
		f.add("TEMPORARY TABLE")
	}
	if n.Partition != nil {
		f.add("PARTITION BY")
	}
	for _, o := range n.Options {
		if o.Tp == ast.TableOptionCollate {
			f.collation(o.StrValue)
		}
	}
}

func (f *features) column(o *ast.ColumnOption) {
	switch o.Tp {
	case ast.ColumnOptionAutoIncrement:
		f.add("AUTO_INCREMENT")
	case ast.ColumnOptionCheck:
		f.add("CHECK")
	case ast.ColumnOptionGenerated:
		f.add("generated column")
	case ast.ColumnOptionReference:
		f.add("FOREIGN KEY")
	case ast.ColumnOptionCollate:
		f.collation(o.StrValue)
	}
}

func (f *features) constraint(kind ast.ConstraintType) {
	switch kind {
	case ast.ConstraintCheck:
		f.add("CHECK")
	case ast.ConstraintForeignKey:
		f.add("FOREIGN KEY")
	case ast.ConstraintFulltext:
		f.add("FULLTEXT")
	}
}

func (f *features) function(name string) {
	switch name {
	case "current_timestamp", "now", "sysdate", "utc_timestamp":
		f.add("CURRENT_TIMESTAMP")
	case "get_lock", "release_lock":
		f.add("GET_LOCK")
	case "uuid_short", "load_file", "extractvalue", "updatexml":
		f.add(name)
	}
}

// variable adds variables that TiDB accepts and ignores.
func (f *features) variable(name string) {
	switch strings.ToLower(name) {
	case "read_only", "super_read_only", "lock_wait_timeout", "eq_range_index_dive_limit":
		f.add("@@" + strings.ToLower(name))
	}
}

// collation adds collations that TiDB lacks, or that another server does not have.
func (f *features) collation(name string) {
	if !slices.Contains([]string{"utf8mb4_bin", "ascii_bin", "binary"}, strings.ToLower(name)) {
		f.add("COLLATE " + name)
	}
}
