using System.Net;
using System.Net.Sockets;

namespace OrleansRaft.Testbed.Processes;

/// <summary>
/// Ports for processes that must find them again after a restart: below the range from which the system takes ports for outgoing connections, and
/// never handed out twice by one test run.
/// </summary>
public static class FreePorts
{
    private const int First = 10_000;
    private const int Last = 32_000;

    private static readonly Lock Gate = new();
    private static int next = Random.Shared.Next(First, Last);

    /// <summary>A port that nobody listens on.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            for (var tries = 0; tries < Last - First; tries++)
            {
                next = next >= Last ? First : next + 1;
                if (IsFree(next))
                {
                    return next;
                }
            }
        }

        throw new InvalidOperationException($"No port between {First} and {Last} is free.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
