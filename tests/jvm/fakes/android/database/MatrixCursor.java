package android.database;

import java.util.ArrayList;
import java.util.List;

public class MatrixCursor implements Cursor {
    private final String[] columns;
    public final List<Object[]> rows = new ArrayList<Object[]>();

    public MatrixCursor(String[] columns) {
        this.columns = columns;
    }

    public void addRow(Object[] row) {
        if (row.length != columns.length) {
            throw new IllegalArgumentException();
        }
        rows.add(row);
    }

    @Override
    public int getCount() {
        return rows.size();
    }
}
