using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What a server does for its disk: settings that no session can change, but an administrator can, while the server runs.</summary>
/// <param name="Fsync">Whether it writes through to the disk.</param>
/// <param name="FullPageWrites">Whether a page that was half written when the machine stopped can be repaired.</param>
internal readonly record struct Durability(string Fsync, string FullPageWrites)
{
    /// <summary>Refuses a server that would lose, or damage, what it acknowledged.</summary>
    public void Require(string server, PostgreSqlStoreOptions options)
    {
        if (Fsync != "on")
        {
            throw new StoreRefusedException($"PostgreSQL at {server} runs with fsync={Fsync} and would lose what it acknowledged: set fsync=on and "
                + "restart it");
        }

        if (FullPageWrites != "on" && !options.AllowTornPages)
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {server} runs with full_page_writes={FullPageWrites}: a crash of the machine can damage what it acknowledged. Set "
                + "full_page_writes=on; "
                + "or allow torn pages (PostgreSql:AllowTornPages=true), where the file system writes whole pages or none, as ZFS does");
        }
    }
}
