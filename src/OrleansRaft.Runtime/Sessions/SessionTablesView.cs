using System.Buffers;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The session tables of a group as they were at one moment; any thread may write them.</summary>
/// <remarks>
/// <code>
/// limits    seven varints
/// requests  a keyed state: see <see cref="RequestValue"/>
/// sessions  two keyed states: the sessions, and their results; see <see cref="ClientSessionTable"/>
/// </code>
/// </remarks>
internal sealed class SessionTablesView : IDisposable
{
    private readonly SessionLimits limits;
    private readonly KeyedStateView requests;
    private readonly KeyedStateView sessions;
    private readonly KeyedStateView results;

    public SessionTablesView(SessionLimits limits, RequestTable requests, ClientSessionTable sessions)
    {
        sessions.Store();
        this.limits = limits;
        this.requests = requests.View();
        this.sessions = sessions.ViewHeaders();
        results = sessions.ViewResults();
    }

    public void Write(IBufferWriter<byte> output)
    {
        SessionLimitsCodec.Write(new WireWriter(output), limits);
        requests.Write(output);
        sessions.Write(output);
        results.Write(output);
    }

    public void Dispose()
    {
        requests.Dispose();
        sessions.Dispose();
        results.Dispose();
    }
}
