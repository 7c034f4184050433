using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The open store: its database, its write-ahead log, and its mark. Used by one thread at a time, but for <see cref="Flush"/>.</summary>
/// <remarks>
/// A checkpoint comes when the log has grown, and at the end, in this order: the log is copied into the database and made durable there; the mark
/// says so and is made durable; the log is emptied. The first commit after it makes the mark durable again, before anybody is told. So a log that is
/// missing, foreign or too short is never taken for one that was emptied.
/// </remarks>
internal sealed class StoreFile : IDisposable
{
    private const uint CheckpointFrames = 1_000;

    private readonly StoreDirectory directory;
    private readonly WalTail tail;
    private readonly MarkFile markFile;
    private long length;

    private StoreFile(StoreDirectory directory, Database database, StoreMark mark)
    {
        this.directory = directory;
        Database = database;
        Mark = mark;
        markFile = MarkFile.Open(directory.MarkFile, mark);
        tail = new WalTail(directory.WalFile, database.PageBytes);
    }

    /// <summary>The connection.</summary>
    public Database Database { get; }

    /// <summary>How far it has acknowledged.</summary>
    public StoreMark Mark { get; private set; }

    /// <summary>Whether the log has grown enough to be emptied.</summary>
    public bool IsCheckpointDue => Mark is { State: MarkState.InLog, Position.Frames: >= CheckpointFrames };

    /// <summary>Opens a store, or makes it where there has been none.</summary>
    /// <exception cref="StoreRefusedException">Something that was acknowledged is not there any more, or the store cannot be used; the message says
    /// why and what to do.</exception>
    public static StoreFile Open(StoreDirectory directory, ILogger logger)
    {
        try
        {
            return MarkFile.Read(directory.MarkFile) switch
            {
                null when !Exists(directory) => Create(directory),
                { State: MarkState.Creating } => Create(directory),
                var mark => Open(directory, mark, logger),
            };
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            var trouble = StoreTroubles.Describe(exception, directory.Path, directory.Probe);
            throw new StoreRefusedException($"{directory.DatabaseFile} cannot be opened. {trouble.Message}", exception);
        }
    }

    /// <summary>
    /// Opens a store anew after it failed, if its files are the same: what was not acknowledged is cut off, since nobody knows what of it is on the
    /// disk.
    /// </summary>
    /// <param name="directory">The directory, still held.</param>
    /// <param name="mark">How far it had acknowledged.</param>
    /// <param name="logger">For people.</param>
    /// <remarks>
    /// After an fsync that failed, what the operating system shows may not be what the disk has, and a second fsync says nothing about it. So the
    /// commits that were made durable before are copied into the database, which writes them again, and everything else is dropped.
    /// </remarks>
    public static StoreFile Reopen(StoreDirectory directory, StoreMark mark, ILogger logger)
    {
        directory.RequireUnchanged();
        directory.Probe();
        using (MarkFile.Open(directory.MarkFile, mark))
        {
            CutLog(directory, mark);
        }

        return Open(directory, mark, logger);
    }

    /// <summary>Makes the transaction durable, and marks it.</summary>
    public void Commit()
    {
        Database.Commit();
        if (tail.Length == length)
        {
            return;
        }

        var end = tail.ReadEnd();
        var isFirst = Mark.State != MarkState.InLog;
        if (isFirst)
        {
            directory.Know(directory.WalFile);
        }

        directory.RequireUnchanged();
        var mark = Mark with { State = MarkState.InLog, Writes = Database.Writes, Position = end };
        if (isFirst)
        {
            markFile.Settle(mark);
        }
        else
        {
            markFile.Write(mark);
        }

        (Mark, length) = (mark, tail.Length);
    }

    /// <summary>Moves everything into the database and empties the log.</summary>
    public void Checkpoint()
    {
        if (Mark.State != MarkState.InLog)
        {
            return;
        }

        Database.CopyLog();
        var mark = Mark with { State = MarkState.InDatabase };
        markFile.Settle(mark);
        Mark = mark;
        Database.TruncateLog();
        length = tail.Length;
        if (length != 0)
        {
            throw new IOException($"{directory.WalFile} is not empty after it was copied into the database");
        }
    }

    /// <summary>Makes the mark durable; any thread.</summary>
    public void Flush() => markFile.Flush();

    /// <summary>Closes everything as it is.</summary>
    public void Dispose()
    {
        Database.Dispose();
        tail.Dispose();
        markFile.Dispose();
    }

    private static bool Exists(StoreDirectory directory) => File.Exists(directory.DatabaseFile) || File.Exists(directory.WalFile);

    private static StoreFile Create(StoreDirectory directory)
    {
        var mark = new StoreMark($"sqlite-{RandomNumberGenerator.GetHexString(12, lowercase: true)}", MarkState.Creating, 0, default);
        MarkFile.Open(directory.MarkFile, mark).Dispose();
        File.Delete(directory.WalFile);
        File.Delete(directory.DatabaseFile);
        File.Create(directory.DatabaseFile).Dispose();
        FilePermissions.Restrict(directory.DatabaseFile);
        Posix.SyncDirectory(directory.Path);
        return Use(directory, mark, database =>
        {
            database.Begin();
            database.Execute(Schema.Create);
            database.Execute("INSERT INTO store (local_id) VALUES (?1)", mark.StoreId);
            database.Execute($"UPDATE store SET crc = {Schema.StoreChecksum}");
            database.Commit();
            return mark;
        });
    }

    private static StoreFile Open(StoreDirectory directory, StoreMark? mark, ILogger logger)
    {
        RequireDatabase(directory, mark);
        var wal = WalScan.Read(directory.WalFile, mark?.Position.Frames ?? 0);
        var verdict = StoreCheck.Judge(directory, mark, wal);
        if (verdict == WalVerdict.SetAside)
        {
            var aside = directory.WalFile + ".unused";
            File.Move(directory.WalFile, aside, overwrite: true);
            Log.LogSetAside(logger, directory.WalFile, aside);
            wal = WalScan.Read(directory.WalFile, 0);
        }

        return Use(directory, mark, database => Admit(directory, database, mark, verdict, wal));
    }

    /// <summary>Opens the database, lets it be checked or made, and moves what the log holds into it.</summary>
    private static StoreFile Use(StoreDirectory directory, StoreMark? mark, Func<Database, StoreMark> admit)
    {
        var database = Database.Open(directory.DatabaseFile);
        StoreFile file;
        try
        {
            file = new StoreFile(directory, database, admit(database));
        }
        catch
        {
            database.Dispose();
            throw;
        }

        try
        {
            file.Settle();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireDatabase(StoreDirectory directory, StoreMark? mark)
    {
        var file = new FileInfo(directory.DatabaseFile);
        if (!file.Exists || file.Length == 0)
        {
            throw new StoreRefusedException(StoreTroubles.Refusal(
                $"{directory.DatabaseFile} is {(file.Exists ? "empty" : "gone")}, although "
                    + $"{(mark is null ? "its log is here" : $"store {mark.StoreId} has been in use")}",
                directory.Path));
        }
    }

    /// <summary>Checks what SQLite has recovered against the mark.</summary>
    /// <returns>The mark from now on.</returns>
    private static StoreMark Admit(StoreDirectory directory, Database database, StoreMark? mark, WalVerdict verdict, WalScan wal)
    {
        var version = database.Version;
        if (version > Schema.Version)
        {
            throw new StoreRefusedException(
                $"{directory.DatabaseFile} has schema {version}, this program knows {Schema.Version}: run the newer program that wrote it");
        }

        if (version == 0)
        {
            throw new StoreRefusedException(StoreTroubles.Refusal(
                $"{directory.DatabaseFile} holds no "
                    + $"store{(mark is null ? "" : $", although store {mark.StoreId} has been in use")}", directory.Path));
        }

        if (version == Schema.Version && mark is null)
        {
            throw new StoreRefusedException(
                StoreTroubles.Refusal($"{directory.MarkFile} is gone, so nothing says how far the store had acknowledged", directory.Path));
        }

        var id = database.Query("SELECT local_id FROM store").Select(row => row.GetString(0)).FirstOrDefault() ?? "";
        database.Writes = database.Query("SELECT coalesce(sum(writes), 0) FROM replica").Select(row => row.GetInt64(0)).Single();
        if (mark is not null)
        {
            RequireEverything(directory, database, mark, id, verdict);
        }

        return new StoreMark(id, wal.Commits == 0 ? MarkState.InDatabase : MarkState.InLog, database.Writes, wal.Committed);
    }

    private static void RequireEverything(StoreDirectory directory, Database database, StoreMark mark, string id, WalVerdict verdict)
    {
        if (id != mark.StoreId)
        {
            throw new StoreRefusedException(
                StoreTroubles.Refusal($"{directory.DatabaseFile} is store '{id}', not '{mark.StoreId}', which was here before", directory.Path));
        }

        if (database.Writes < mark.Writes)
        {
            throw new StoreRefusedException(StoreTroubles.Refusal(
                verdict == WalVerdict.Missing
                    ? $"{directory.WalFile} is gone, and with it {mark.Writes - database.Writes} of the {mark.Writes} writes that the store "
                        + "acknowledged"
                    : $"{directory.DatabaseFile} is older than what the store acknowledged: it holds {database.Writes} writes of {mark.Writes}",
                directory.Path));
        }

        if (mark.State == MarkState.InDatabase && database.Writes > mark.Writes)
        {
            throw new StoreRefusedException(StoreTroubles.Refusal(
                $"{directory.MarkFile} is older than {directory.DatabaseFile}: it knows of {mark.Writes} writes, the database holds "
                    + $"{database.Writes}", directory.Path));
        }

        // Another program may have emptied the log into the database, or somebody removed it half-way through: then some pages are new and others
        // old.
        if (verdict == WalVerdict.Missing
            && database.Query("PRAGMA integrity_check(1)").Select(row => row.GetString(0)).First() is var found and not "ok")
        {
            throw new StoreRefusedException(
                StoreTroubles.Refusal($"{directory.WalFile} is gone, and {directory.DatabaseFile} is damaged ({found})", directory.Path));
        }
    }

    private static void CutLog(StoreDirectory directory, StoreMark mark)
    {
        var wal = WalScan.Read(directory.WalFile, mark.Position.Frames);
        if (wal.Length == 0)
        {
            return;
        }

        var kept = mark.State == MarkState.InLog ? WalFormat.OffsetOf(mark.Position.Frames + 1, wal.PageBytes) : 0;
        if (kept > 0 && wal.AtMark != mark.Position)
        {
            throw new StoreTroubleException(
                StoreTroubleKind.Corrupt,
                $"{directory.WalFile} does not hold any more what was acknowledged: {wal.Committed.Frames} of {mark.Position.Frames} frames can be "
                    + "read.",
                "Check the disk; remove this store's replicas as members, add others, and start the silo with an empty directory.");
        }

        using var handle = File.OpenHandle(directory.WalFile, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(handle, kept);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Begins with everything in the database, under this program's schema, and an empty log.</summary>
    private void Settle()
    {
        Posix.SyncDirectory(directory.Path);
        if (Database.Version < Schema.Version)
        {
            Database.Begin();
            Database.Execute(Schema.AddChecksums);
            Database.Commit();
        }

        Database.Begin();
        Database.Execute(LifeTable.Create);
        Database.Execute(LevelTable.Create);
        Database.Execute(LevelTable.BeginAtFirst);
        Database.Commit();

        // What was recovered may end before the file does, so its end is found by reading it through.
        Mark = Mark with { State = MarkState.InLog, Position = WalScan.Read(directory.WalFile, 0).Committed };
        Checkpoint();
        directory.Know(directory.DatabaseFile);
        directory.Know(directory.MarkFile);
        directory.Know(directory.WalFile);
    }
}
