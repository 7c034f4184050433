namespace OrleansRaft.Server;

/// <summary>The section <c>Raft:Server</c> of a silo's configuration: what is mounted beside the API.</summary>
public sealed class RaftServerOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "Raft:Server";

    /// <summary>Whether <c>/</c> shows the start page. Turn it off in an application with a page of its own.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool StartPage { get; set; } = true;

    /// <summary>
    /// Whether <c>/lab</c> and <c>/api/v1/lab</c> play scenarios: for teaching, since each play takes a processor for a moment. <c>oraft lab</c>
    /// needs no server.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool Lab { get; set; }

    /// <summary>Whether <c>/dashboard</c> shows Orleans' dashboard. It gathers Orleans' metrics from when somebody opens it for the first time, looks at every grain call while somebody has it open, and counts the silo's activations every ten seconds.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool Dashboard { get; set; } = true;
}
